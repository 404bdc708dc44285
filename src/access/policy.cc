// SPDX-License-Identifier: Apache-2.0
#include "access/policy.h"
