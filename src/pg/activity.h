/// \file
/// What the lanes' server processes wait for while they load: pg_stat_activity, looked at from
/// outside.
#pragma once

#include <cstdint>
#include <string>

#include "pg/connection.h"

namespace arango2pg::pg {

/// Sessions by what they do at one moment.
struct LaneActivity {
  unsigned computing = 0;  ///< parsing, building rows and index entries
  unsigned wal = 0;        ///< writing or flushing the log, or waiting for a standby
  unsigned disk = 0;       ///< reading or writing tables
  unsigned locks = 0;      ///< of rows, tables, pages
  unsigned client = 0;     ///< waiting for us
};

/// One thread at a time.
class ActivityWatch {
 public:
  /// Looks at the sessions whose purpose is `purpose` and more ("run 7 lane "). Throws
  /// Error(target).
  ActivityWatch(const std::string& conninfo, const std::string& purpose);
  LaneActivity look();

 private:
  Connection connection_;
  const std::string pattern_;
};

}  // namespace arango2pg::pg
