#include "samples/pack_sample.h"

namespace arango2pg::samples {
namespace {

constexpr PackMaker makers[] = {
    {"applications", "companies, jobs, job_applications", make_applications},
    {"assets", "companies, users, software, contracts, activity_log and what refers to them",
     make_assets},
    {"entities", "entities, parent_of, relates_to", make_entities},
    {"requests", "organizations, users, content_requests with stages and events, requested_by",
     make_requests},
};

}  // namespace

std::span<const PackMaker> pack_makers() { return makers; }

}  // namespace arango2pg::samples
