// SPDX-License-Identifier: Apache-2.0
#include "ray/operation.h"
