// SPDX-License-Identifier: Apache-2.0
#include "access/cluster_pattern.h"
