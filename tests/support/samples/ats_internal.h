/// \file
/// How the ATS sample is put together; private to samples/.
#pragma once

#include <string>
#include <vector>

#include "samples/ats_sample.h"
#include "samples/clock.h"
#include "samples/json_text.h"
#include "samples/random.h"
#include "samples/sample.h"
#include "samples/vocabulary.h"

namespace arango2pg::samples {

struct User {
  std::string id;
  Person person;
};

struct Resume {
  std::string key;
  std::size_t user = 0;
  std::string task_id;  ///< "" = none
  bool parsed = false;
  Micros at = 0;
};

struct Job {
  std::string key;
  std::size_t user = 0;
  std::string company, title;
  bool completed = false;
  Micros at = 0;
};

/// Everything the documents refer to.
struct World {
  explicit World(const AtsOptions& o) : options(o), random(o.seed) {}

  AtsOptions options;
  Random random;
  Micros now = sample_start;
  std::uint64_t next_number = 1048721;  ///< keys made by the server
  std::vector<User> users;
  std::vector<Resume> resumes;
  std::vector<Job> jobs;
  std::vector<Expected> quarantined;

  Collection user_documents{"users", false, {"email"}};
  Collection resume_documents{"resumes", false, {"user_id"}};
  Collection job_documents{"jobs", false, {"user_id", "created_at"}};
  Collection documents{"documents", false, {"user_id"}};
  Collection task_results{"task_results", false, {}};
  Collection job_research{"job_research", true, {}};

  /// The next write: seconds to minutes after the last one.
  Micros tick() { return now += static_cast<Micros>(random.between(2000000, 400000000)); }
  std::string numeric_key() { return std::to_string(next_number += random.between(2, 14)); }
};

/// The content of a résumé as the parser stored it: {"contact_info":…,"work_experience":…,…}.
void append_resume_data(JsonText& json, Random& random, const Person& person);

void make_users(World& world, std::size_t count);
void make_resumes(World& world);
void make_jobs(World& world);
void make_results(World& world);  ///< documents, task_results, job_research
void make_odd(World& world);
void make_broken(World& world);

}  // namespace arango2pg::samples
