# SPDX-License-Identifier: Apache-2.0
"""Enforces NetworkPolicies on real packets, as a literal reading of networking.k8s.io/v1 that shares no code with Raykeep."""
