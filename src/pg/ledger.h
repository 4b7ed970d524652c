/// \file
/// Runs, stages, parts and checkpoints: the control schema `arango2pg` (promise P6). All state of
/// the tool is here.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "doc/batch.h"
#include "doc/ports.h"
#include "pg/connection.h"

namespace arango2pg::pg {

/// Counters of a part, a collection or a run.
struct Counters {
  std::uint64_t read = 0, written = 0, updated = 0, deleted = 0, filtered = 0, quarantined = 0,
                bytes = 0;
  Counters& operator+=(const Counters& o);
};

struct NewRun {
  std::string command;  ///< "migrate"
  std::string source;   ///< description, without credentials
  std::string source_identity;
  std::string target;  ///< description, without credentials
  std::string start_tick;
  /// What decides the result, in plain words: "mapping resumes.yaml" → digest, "table
  /// resume_documents" → columns, …
  std::vector<std::pair<std::string, std::string>> plan;
  std::string version;  ///< of the tool
};

struct RunRecord {
  RunId id = 0;
  std::string command, status, source, source_identity, correlation_id;
  std::vector<std::pair<std::string, std::string>> plan;
};

struct PartRecord {
  PartId id = 0;
  doc::PartSpec spec;
  std::string state;  ///< pending | running | done
  std::string position;
  Counters counters;
};

/// Parts of one stream, leased to this process.
struct Claim {
  std::vector<doc::PartTask> parts;
  std::int64_t epoch = 0;
};

/// Thread-safe: each call takes the ledger's own connection for itself. Lost connections are
/// reopened and the call repeated where that is safe. Throws Error(target). As long as the
/// connection lives it holds a lock in the worker's name: whoever goes on with a run sees which
/// leases are those of the dead.
class Ledger {
 public:
  /// Connects; creates or upgrades the control schema (one advisory lock, idempotent). `worker`
  /// names this process: host, pid and start time.
  Ledger(const std::string& conninfo, std::string worker);
  ~Ledger();

  // -- runs
  /// The last run of this command over this source that did not end, if any.
  std::optional<RunRecord> unfinished(const std::string& command,
                                      const std::string& source_identity);
  /// Takes the run's advisory lock for as long as the ledger's connection lives. Throws
  /// Error(target) naming the holder (host, pid, since when) if somebody else has it.
  void lock(const std::string& correlation_id);
  /// The same without waiting; false if somebody else has it.
  bool try_lock(const std::string& correlation_id);
  /// Whether somebody holds the lock of the run.
  [[nodiscard]] bool has_leader(RunId run);
  [[nodiscard]] std::string status(RunId run);
  RunId start(const NewRun& run);
  void resume(RunId run,
              const NewRun& with);  ///< status back to running, plan replaced; logs a run_event
  void finish(RunId run, const std::string& status,
              const std::string& message = {});  ///< done | failed | interrupted
  void event(RunId run, const std::string& severity, const std::string& message,
             const std::string& detail_json = "{}");

  // -- stages (unique per run and name: "plan", "load", "finalise")
  void begin_stage(RunId run, const std::string& name);
  void end_stage(RunId run, const std::string& name, const std::string& status);
  [[nodiscard]] bool stage_done(RunId run, const std::string& name);

  // -- parts
  /// Stores the parts of a collection; once per run and collection, in one transaction with the
  /// stage of planning.
  void add_parts(RunId run, const std::vector<doc::PartSpec>& parts);
  /// One more part, whatever the collection has already.
  void add_part(RunId run, const doc::PartSpec& part);
  [[nodiscard]] std::vector<PartRecord> parts(RunId run);
  /// How many parts of these collections are not done.
  [[nodiscard]] std::uint64_t open_parts(RunId run, const std::vector<std::string>& collections);
  /// Leases the next stream that nobody works on (FOR UPDATE SKIP LOCKED; biggest first) and raises
  /// its epoch. `collections` maps names to the indexes that go into the tasks; others are left
  /// alone. Nothing = no work left.
  std::optional<Claim> claim(RunId run, const std::map<std::string, std::uint32_t>& collections,
                             std::chrono::seconds lease);
  void renew(RunId run, std::chrono::seconds lease);  ///< all leases of this worker
  void release(RunId run);                            ///< gives the worker's unfinished parts back
  /// A part that can't be resumed starts over: its counters, quarantined documents and batch audit
  /// entries go.
  void restart_part(RunId run, PartId part);

  // -- numbers
  [[nodiscard]] std::map<std::string, Counters> counters(RunId run);        ///< by collection
  [[nodiscard]] std::map<std::string, doc::MappingNotes> notes(RunId run);  ///< by collection
  [[nodiscard]] const std::string& worker() const { return worker_; }

  /// For queries of commands (status, quarantine): runs `use` with the connection while the ledger
  /// is locked.
  template <class F>
  auto with_connection(F&& use) {
    const std::lock_guard guard(mutex_);
    return use(connection());
  }

 private:
  Connection& connection();
  std::string conninfo_;
  std::string worker_;
  std::mutex mutex_;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace arango2pg::pg
