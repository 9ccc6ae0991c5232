#include "base_model.h"
