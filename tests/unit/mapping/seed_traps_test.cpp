// What went wrong when ATSPro left ArangoDB (seed systems, chapter 0), as documents of those
// shapes.
#include "doc/identity.h"
#include "source_dir.h"
#include "unit/mapping/mapping_test_support.h"

using namespace arango2pg;
using namespace arango2pg::mapping;

namespace {

const char* const resume =
    R"x({"_key":"5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10","_id":"resumes/5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10","_rev":"_kJbLbzW---","user_id":"q7Zk2LmN8rTv4XyB1cDfGhJkPsWe63Ua","file_metadata":{"filename":"Žofie_Nováková_cv.pdf","content_type":"application/pdf","size":184233,"processed_at":"2025-08-17T09:12:31.004211"},"resume_data":{"contact_info":{"full_name":"Žofie Nováková","email":"zofie@example.com"},"summary":"Data engineer – 9 years, “pipelines” & SQL.","work_experience":[{"company":"Acme","start_date":"2019"}],"skills":["SQL","C++","sql"]},"status":"parsed","task_id":"0f6f3f52-3f43-4b53-8a57-0b3f3e7a1d11"})x";
const char* const placeholder =
    R"({"_key":"7d9e1b60-2c5f-4e7d-b3a9-9c1f4e8d3c33","_rev":"_kJuc7wq---","user_id":"test_user","status":"parsing","created_at":"2025-08-18T07:40:02.731000","resume_data":null,"file_metadata":null})";

/// A résumé mapping with these columns (and id) into table resume_documents.
Outcome resumes(const std::string& columns, const std::string& types,
                const std::vector<std::string>& documents, const std::string& more = "") {
  const Spec spec = spec_of("version: 1\nfrom: resumes\ninto: resume_documents\nkey: id\n" + more +
                            "columns:\n  id: { uuid: _key }\n" + columns);
  const auto plan = plan_of({spec}, lookup_of({table_of("resume_documents", "id uuid, " + types)}));
  return apply(*plan, documents);
}

/// The fields behind the id, of one document.
std::string fields(const Outcome& out) {
  if (!out.rejections.empty()) return out.rejection();
  const std::string& row = out.rows.at("resume_documents");
  return row.substr(37, row.size() - 38);
}

}  // namespace

// 0.1: the content sits in `resume_data`; the original script looked for `parsed_data` or
// `content`, found none and wrote an empty skeleton, reporting success.
TEST(SeedTraps, ContentUnderAnyOfItsNamesIsKept) {
  const std::string rule =
      "  parsed_data: { first: [resume_data, parsed_data, content], default: {} }\n";
  EXPECT_NE(
      fields(resumes(rule, "parsed_data jsonb not null", {resume})).find(R"("company":"Acme")"),
      std::string::npos);
  EXPECT_EQ(fields(resumes(rule, "parsed_data jsonb not null",
                           {R"({"_key":"1","parsed_data":{"a":1}})"})),
            R"({"a":1})");
}

TEST(SeedTraps, ContentThatNobodyTakesIsReportedWithItsBytes) {
  const Outcome out = resumes("  parsed_data: { first: [parsed_data, content], default: {} }\n",
                              "parsed_data jsonb", {resume, placeholder});
  EXPECT_EQ(out.notes.defaults_used.at("resume_documents.parsed_data"), 2U);
  EXPECT_EQ(out.notes.unmapped.at("resume_data").count, 2U);
  EXPECT_GT(out.notes.unmapped.at("resume_data").bytes, 200U);
}

TEST(SeedTraps, UnmappedContentCanStopALoad) {
  EXPECT_EQ(resumes("", "x text", {resume}, "unmapped: reject\n").rejection(),
            "unmapped_attribute user_id");
}

// 0.2: all files became `unknown.pdf`; the true values sat one level down.
TEST(SeedTraps, FileFactsSitOneLevelDownAndConstantsAreCounted) {
  const std::string rules =
      "  filename: { first: [file_metadata.filename, filename, { const: unknown.pdf }] }\n"
      "  file_size: { first: [file_metadata.size, file_size], then: [integer], default: 0 }\n";
  const Outcome out =
      resumes(rules, "filename varchar(255), file_size bigint", {resume, placeholder});
  EXPECT_EQ(out.rows.at("resume_documents"),
            "5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10\tŽofie_Nováková_cv.pdf\t184233\n"
            "7d9e1b60-2c5f-4e7d-b3a9-9c1f4e8d3c33\tunknown.pdf\t0\n");
  EXPECT_EQ(out.notes.defaults_used.at("resume_documents.filename"), 1U);
  EXPECT_EQ(out.notes.defaults_used.at("resume_documents.file_size"), 1U);
}

// 0.3: 13 of 20 résumés had no created_at and got the time of the export. The true time is in _rev.
TEST(SeedTraps, AMissingCreationTimeComesFromTheRevision) {
  const std::string rule =
      "  created_at: { first: [created_at, createdAt], then: [{ timestamp: [iso8601] }], default: "
      "{ meta: revision_time } }\n";
  EXPECT_EQ(fields(resumes(rule, "created_at timestamptz not null", {resume})),
            "2025-08-17 09:12:44.118000+00");
  EXPECT_EQ(fields(resumes(rule, "created_at timestamptz not null", {placeholder})),
            "2025-08-18 07:40:02.731000+00");
}

// 0.4: documents whose key was a UUID got a new random one, so everything that pointed at them
// dangled.
TEST(SeedTraps, AUuidKeyStaysTheId) {
  const Outcome out = resumes("", "x text", {resume, resume});
  EXPECT_EQ(out.rows.at("resume_documents"),
            "5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10\n5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10\n");
}

// 0.5: _rev and five attributes were exported, then not stored, and nobody noticed.
TEST(SeedTraps, TheRevisionIsStoredAndForgottenAttributesAreNamed) {
  const Outcome out = resumes(
      "  user_id: { path: user_id }\n  data: { path: resume_data }\n  file: { path: file_metadata "
      "}\n  status: { path: status }\n",
      "user_id text, data jsonb, file jsonb, status text, source_rev bigint", {resume},
      "revision: source_rev\n");
  ASSERT_EQ(out.notes.unmapped.size(), 1U);
  EXPECT_EQ(out.notes.unmapped.begin()->first, "task_id");
  EXPECT_NE(out.rows.at("resume_documents").find("\t1840693341446995968\n"), std::string::npos);
}

// 0.6: three meanings of zone-less times in one column.
TEST(SeedTraps, ATimeWithoutAZoneIsUtc) {
  const std::string rule = "  at: { path: at }\n";
  for (const char* same : {"2025-08-17T09:12:31.004211", "2025-08-17T09:12:31.004211+00:00",
                           "2025-08-17T11:12:31.004211+02:00"})
    EXPECT_EQ(fields(resumes(rule, "at timestamptz",
                             {R"({"_key":"1","at":")" + std::string(same) + "\"}"})),
              "2025-08-17 09:12:31.004211+00");
}

TEST(SeedTraps, UnlessTheMappingSaysOtherwise) {
  EXPECT_EQ(
      fields(resumes("  at: { path: at, then: [timestamp, { timezone: America/New_York }] }\n",
                     "at timestamptz", {R"({"_key":"1","at":"2025-08-17T09:12:31"})"})),
      "2025-08-17 13:12:31+00");
}

// 0.7: an unreadable timestamp silently became "now".
TEST(SeedTraps, AnUnreadableTimeIsARejectionEvenWithADefault) {
  const std::string rule =
      "  at: { path: at, then: [timestamp], default: { meta: revision_time } }\n";
  for (const char* bad : {"\"yesterday\"", "\"2025-02-30T00:00:00\"", "\"\"", "17", "{}"})
    EXPECT_EQ(resumes(rule, "at timestamptz",
                      {R"({"_key":"1","_rev":"_bpq8a-----","at":)" + std::string(bad) + "}"})
                  .rejections.size(),
              1U)
        << bad;
}

// 0.9: counts were compared with all rows of a table. Here every document is written, filtered or
// rejected, and nothing else.
TEST(SeedTraps, EveryDocumentIsAccountedForOnce) {
  const Outcome out = resumes("  user_id: { path: user_id, required: true }\n", "user_id text",
                              {resume, placeholder, R"({"_key":"1"})", "{",
                               R"({"_key":"2","user_id":"u","status":"draft"})"},
                              "where: [{ path: status, not_in: [draft] }]\n");
  EXPECT_EQ(out.batch.docs.size(), 5U);
  EXPECT_EQ(out.batch.written(), 2U);
  EXPECT_EQ(out.filtered, 1U);
  EXPECT_EQ(out.rejections.size(), 2U);
}

// 0.13: references were resolved through a dictionary in memory. Here both sides compute the same.
TEST(SeedTraps, ReferencesMeetTheirTargetsWithoutALookUp) {
  const Spec job =
      spec_of("version: 1\nfrom: jobs\ninto: t\nkey: id\ncolumns: { id: { uuid: _key } }\n");
  const Spec result = spec_of(
      "version: 1\nfrom: documents\ninto: t\nkey: id\ncolumns: { id: { reference: { path: job_id, "
      "collection: jobs } } }\n");
  const auto lookup = lookup_of({table_of("t", "id uuid")});
  for (const char* key : {"3c2b1a09-8f7e-4d6c-b5a4-f3e2d1c0b966", "1048721", "odd:key@1"}) {
    const Outcome a = apply(*plan_of({job}, lookup), {R"({"_key":")" + std::string(key) + "\"}"});
    const Outcome b =
        apply(*plan_of({result}, lookup), {R"({"_key":"x","job_id":")" + std::string(key) + "\"}"});
    EXPECT_EQ(a.rows.at("t"), b.rows.at("t"));
  }
}

// 1.11: location is an array; metadata is merged with constants; updated_at never before
// created_at.
TEST(SeedTraps, TheProposedMappingOfJobsCanBeSaid) {
  const std::string rules =
      "  location: { first: [{ join: [parsed_data.location], with: \"; \" }, location] }\n"
      "  metadata: { path: metadata, default: {}, then: [{ merge: { imported_from: arangodb, "
      "arango_id: { meta: id }, run_id: { meta: run_id } } }] }\n"
      "  created_at: { path: created_at, then: [timestamp] }\n"
      "  updated_at: { path: updated_at, then: [timestamp, { not_before: created_at }], default: { "
      "meta: revision_time } }\n";
  EXPECT_EQ(
      fields(resumes(
          rules, "location text, metadata jsonb, created_at timestamptz, updated_at timestamptz",
          {R"x({"_key":"9","_rev":"_bpq8a-----","parsed_data":{"location":["Brno","Remote (EU)"]},"created_at":"2025-08-19T10:22:41.870003"})x"})),
      "Brno; Remote "
      "(EU)\t{\"imported_from\":\"arangodb\",\"arango_id\":\"resumes/9\",\"run_id\":7}\t"
      "2025-08-19 10:22:41.870003+00\t2025-08-19 10:22:41.870003+00");
}

TEST(SeedTraps, TheShippedMappingsCompileWithoutATarget) {
  std::map<std::string, std::vector<Spec>> by_collection;
  for (Spec& s : load(ARANGO2PG_SOURCE_DIR "/mappings/ats"))
    by_collection[s.from].push_back(std::move(s));
  ASSERT_FALSE(by_collection.empty());
  for (const auto& [collection, specs] : by_collection)
    EXPECT_GE(plan_of(specs, {})->tables().size(), specs.size()) << collection;
}
