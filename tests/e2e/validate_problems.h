/// \file
/// Documents with one fault each, for the ats pack: more of them than the sample plants itself.
#pragma once

#include <string>
#include <vector>

namespace arango2pg::e2e {

struct Problem {
  std::string what;
  std::string collection;
  std::string line;  ///< of a JSON lines file
};

/// `user` must be a row of "user".
inline std::vector<Problem> ats_problems(const std::string& user) {
  std::vector<Problem> out;
  const auto line = [&](const char* what, const std::string& collection, const std::string& text) {
    out.push_back({what, collection, text});
  };
  const auto document = [&](const char* what, const std::string& collection, const std::string& key,
                            const std::string& members) {
    line(what, collection, R"({"_key":")" + key + R"(","user_id":")" + user + "\"" + members + "}");
  };
  // Texts that are no documents.
  line("cut off", "resumes", R"({"_key":"p-cut","user_id":"x)");
  line("text behind the document", "resumes", R"({"_key":"p-behind"} {"_key":"p-behind-2"})");
  line("single quotes", "resumes", R"({'_key':'p-quotes'})");
  line("bytes that are no UTF-8", "jobs", "{\"_key\":\"p-utf8\",\"title\":\"\xc3\x28\"}");
  line("a number beyond numeric", "jobs", R"({"_key":"p-huge","salary":-1e200000})");
  line("a text", "jobs", R"("p-text")");
  line("a number", "jobs", "17");
  line("nothing", "jobs", "null");
  // Identity.
  line("no key", "resumes", R"({"user_id":")" + user + R"("})");
  document("a key with a blank", "resumes", "p key", "");
  document("a key that is a number", "resumes", "p-key-number", R"(,"_key":5)");
  document("a key of 255 bytes", "resumes", std::string(255, 'k'), "");
  document("the same key twice, first", "jobs", "p-twice", "");
  document("the same key twice, second", "jobs", "p-twice", "");
  document("a UUID", "jobs", "c0ffee00-0000-4000-8000-00000000beef", "");
  document("the same UUID in capitals", "jobs", "C0FFEE00-0000-4000-8000-00000000BEEF", "");
  document("a revision that is none", "resumes", "p-revision", R"(,"_rev":"not a revision")");
  // Characters.
  document("NUL in an attribute's name", "resumes", "p-nul-name",
           R"(,"resume_data":{"a\u0000b":1})");
  document("NUL deep inside", "resumes", "p-nul-deep",
           R"(,"resume_data":{"work_experience":[{"company":"x\u0000"}]})");
  document("half a pair in a name", "resumes", "p-half-name", R"(,"resume_data":{"\udc00":1})");
  document("NUL in a text column", "jobs", "p-nul-text", R"(,"company":"a\u0000b")");
  // Values that a column can't hold.
  document("an object for a text", "jobs", "p-object", R"(,"company":{"name":"x"})");
  document("a text of 51 characters for 50", "resumes", "p-long",
           R"(,"status":")" + std::string(51, 's') + "\"");
  document("a number for a timestamp", "resumes", "p-time-number", R"(,"created_at":17)");
  document("a month that is none", "resumes", "p-month", R"(,"created_at":"2025-13-01T00:00:00")");
  document("a time beyond the calendar", "jobs", "p-year",
           R"(,"expires_at":"+300000-01-01T00:00:00Z")");
  document("a fraction for an integer", "resumes", "p-fraction", R"(,"version":1.5)");
  document("an integer beyond bigint", "resumes", "p-bigint",
           R"(,"file_metadata":{"size":9223372036854775808})");
  document("a text for a score", "documents", "p-score-text",
           R"(,"type":"optimization","ats_score":"high")");
  document("a list for a boolean", "jobs", "p-boolean", R"(,"is_active":[true])");
  // Rules of the mapping.
  document("a list where an object must be", "resumes", "p-list", R"(,"file_metadata":[])");
  document("a text where an object must be", "jobs", "p-scores", R"(,"scores":"high")");
  document("a type that is not listed", "task_results", "p-type", R"(,"type":"other")");
  // What only PostgreSQL can tell.
  document("a status nobody knows", "jobs", "p-status", R"(,"status":"sleeping")");
  document("a negative size", "resumes", "p-size", R"(,"file_metadata":{"size":-1})");
  document("version nought", "resumes", "p-version", R"(,"version":0)");
  document("a source nobody knows", "resumes", "p-source", R"(,"source":"carrier pigeon")");
  document("nested deeper than PostgreSQL's stack", "resumes", "p-deep",
           R"(,"resume_data":{"d":)" + std::string(20000, '[') + std::string(20000, ']') + "}");
  document("a score beyond 100", "documents", "p-score",
           R"(,"type":"optimization","ats_score":100.5)");
  // It points at a document that is itself refused.
  document("a result for a refused document", "documents", "p-cascade",
           R"(,"type":"optimization","resume_id":"p-version")");
  document("a job that is not there", "documents", "p-dangling",
           R"(,"type":"optimization","job_id":"nowhere")");
  line("an unknown user", "documents", R"({"_key":"p-user","type":"research","user_id":"nobody"})");
  return out;
}

}  // namespace arango2pg::e2e
