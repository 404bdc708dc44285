# SPDX-License-Identifier: Apache-2.0
"""A real Kubernetes with KubeRay and Ray on one machine, for end-to-end tests and for trying things out."""
