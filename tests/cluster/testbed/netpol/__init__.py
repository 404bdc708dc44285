# SPDX-License-Identifier: Apache-2.0
"""Enforces NetworkPolicies on real packets: networking.k8s.io/v1 read literally, sharing no code with Raykeep."""
