// SPDX-License-Identifier: Apache-2.0
#include "access/decision.h"
