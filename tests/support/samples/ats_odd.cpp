#include "samples/ats_internal.h"

namespace arango2pg::samples {

void make_odd(World&) {}
void make_broken(World&) {}

}  // namespace arango2pg::samples
