#include "arete/train/checkpoint.hpp"

#include <fmt/std.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <system_error>

#include "arete/core/error.hpp"
#include "arete/train/job_identity.hpp"

namespace arete {

namespace {

namespace fs = std::filesystem;

// Names that nobody else gives: both files are removed in the end.
constexpr const char* identity_name = "arete-job.json";
constexpr const char* lock_name = "arete-lock";

/// "RUN-RANK.moments".
std::string piece_name(std::uint64_t run, int rank) {
  return fmt::format("{:06}-{:06}.moments", run, rank);
}

/// The run that wrote a piece; nothing for a name that is not a piece's.
std::optional<std::uint64_t> run_of(const fs::path& file) {
  std::istringstream name(file.filename().string());
  std::uint64_t run = 0;
  int rank = 0;
  char dash = 0;
  if (!(name >> run >> dash >> rank) || dash != '-') return std::nullopt;
  if (file.filename() != piece_name(run, rank)) return std::nullopt;
  return run;
}

/// What a run that was killed while it wrote has left.
bool is_unfinished(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.starts_with(".arete-") && name.ends_with(".part");
}

bool has_pieces(const fs::path& folder) {
  return std::any_of(fs::directory_iterator(folder), fs::directory_iterator(),
                     [](const auto& entry) { return run_of(entry.path()).has_value(); });
}

/// read(piece), with advice where it fails.
template <typename Read>
auto read_piece(const fs::path& piece, Read read) {
  try {
    return read(piece);
  } catch (const Error& error) {
    fail(error.kind(), "{}; without that file its rows are read again", error.what());
  }
}

struct Piece {
  std::string name;
  std::vector<RowRange> rows;
};

std::uint64_t size_of(const std::vector<RowRange>& rows) {
  std::uint64_t size = 0;
  for (const RowRange& range : rows) size += range.size();
  return size;
}

/// How many of `rows` are in `covered`.
std::uint64_t overlap(const std::vector<RowRange>& rows, const std::vector<RowRange>& covered) {
  std::uint64_t size = 0;
  for (const RowRange& a : rows) {
    for (const RowRange& b : covered) {
      const std::uint64_t first = std::max(a.first, b.first);
      const std::uint64_t last = std::min(a.last, b.last);
      if (first < last) size += last - first;
    }
  }
  return size;
}

/// The pieces in `folder`, each row once: a run that was killed between writing its own piece and
/// removing those that it took over leaves both. Called by one rank, which removes the latter.
std::vector<Piece> find_pieces(const fs::path& folder) {
  std::vector<Piece> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_unfinished(entry.path())) fs::remove(entry.path());
    if (!run_of(entry.path())) continue;
    found.push_back({entry.path().filename().string(), read_piece(entry.path(), rows_of_moments)});
  }
  std::ranges::sort(found, {}, &Piece::name);
  std::ranges::stable_sort(found, std::ranges::greater(),
                           [](const Piece& piece) { return size_of(piece.rows); });
  std::vector<Piece> pieces;
  std::vector<RowRange> covered;
  for (Piece& piece : found) {
    const std::uint64_t known = overlap(piece.rows, covered);
    if (known == size_of(piece.rows)) {
      fs::remove(folder / piece.name);
      continue;
    }
    if (known > 0) {
      fail(ErrorKind::input,
           "{}: has rows that other pieces have too, and others; delete the folder {} to begin "
           "anew",
           (folder / piece.name).string(), folder.string());
    }
    covered.insert(covered.end(), piece.rows.begin(), piece.rows.end());
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

/// What rank 0 tells the others: the number of this run, then a line for each piece.
std::string listing_of(const fs::path& folder) {
  std::uint64_t run = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (const auto earlier = run_of(entry.path())) run = std::max(run, *earlier + 1);
  }
  std::string listing = fmt::format("{}\n", run);
  for (const Piece& piece : find_pieces(folder)) {
    listing += piece.name;
    for (const RowRange& range : piece.rows) {
      listing += fmt::format(" {} {}", range.first, range.last);
    }
    listing += '\n';
  }
  return listing;
}

/// The processes of a job that was killed may need a moment to end.
constexpr std::chrono::seconds patience{10};

/// Leaves `lock` on the folder.
std::string prepare_folder(const fs::path& folder, const JobIdentity& identity,
                           std::optional<FileLock>& lock) {
  try {
    fs::create_directories(folder);
    lock.emplace(folder / lock_name, patience);
    if (has_pieces(folder) && fs::exists(folder / identity_name)) {
      check_identity(folder / identity_name, identity);
    } else if (has_pieces(folder)) {
      fail(ErrorKind::input,
           "{}: has partial sums, but no {} that tells of which job; delete it to begin anew",
           folder.string(), identity_name);
    } else {
      write_identity(folder / identity_name, identity);
    }
    return listing_of(folder);
  } catch (const fs::filesystem_error& error) {
    fail(ErrorKind::resource, "--checkpoint {}: {}", folder.string(), error.what());
  }
}

/// Adds a range to ascending ones that do not touch.
void insert(std::vector<RowRange>& ranges, RowRange range) {
  ranges.push_back(range);
  std::ranges::sort(ranges, {}, &RowRange::first);
  std::vector<RowRange> joined;
  for (const RowRange& next : ranges) {
    if (!joined.empty() && joined.back().last == next.first) {
      joined.back().last = next.last;
    } else {
      joined.push_back(next);
    }
  }
  ranges = std::move(joined);
}

/// `all` without the ascending ranges `covered`.
std::vector<RowRange> without(RowRange all, const std::vector<RowRange>& covered) {
  std::vector<RowRange> rest;
  std::uint64_t next = all.first;
  for (const RowRange& range : covered) {
    if (range.first > next) rest.push_back({next, range.first});
    next = std::max(next, range.last);
  }
  if (next < all.last) rest.push_back({next, all.last});
  return rest;
}

}  // namespace

Checkpoint::Checkpoint(const CheckpointOptions& options, const RowSource& source, RowRange rows,
                       const FitOptions& fit, Communicator& communicator)
    : folder_(options.folder), period_(options.seconds), first_row_(fit.first_row) {
  const SourceInfo& info = source.info();
  const auto d = static_cast<double>(info.features);
  piece_bytes_ = part_count(fit.rule) * d * (d / 2 + static_cast<double>(info.classes.size())) *
                 sizeof(double);
  set_ = {fit.rule, {}, {}, info.type, info.shape, info.preprocessing, info.column_names};
  std::string listing;
  if (communicator.rank() == 0) {
    listing = prepare_folder(folder_, job_identity(source, rows, fit), lock_);
  }
  const auto listings = communicator.all_gather(std::as_bytes(std::span(listing)));
  const auto* const text = reinterpret_cast<const char*>(listings.front().data());
  take_over(std::string(text, listings.front().size()), rows, communicator);
}

void Checkpoint::take_over(const std::string& listing, RowRange rows,
                           const Communicator& communicator) {
  std::istringstream lines(listing);
  std::string line;
  std::getline(lines, line);
  piece_ = folder_ / piece_name(std::stoull(line), communicator.rank());
  std::vector<RowRange> covered;
  for (int number = 0; std::getline(lines, line); ++number) {
    std::istringstream fields(line);
    std::string name;
    fields >> name;
    const bool is_own = number % communicator.size() == communicator.rank();
    if (is_own) old_.push_back(folder_ / name);
    for (RowRange range; fields >> range.first >> range.last;) {
      insert(covered, {range.first - first_row_, range.last - first_row_});
      if (is_own) insert(set_.rows, range);
    }
  }
  remaining_ = without(rows, covered);
}

void Checkpoint::restore(Session& session) {
  std::vector<RowRange> found;
  for (const fs::path& piece : old_) {
    const MomentsSet set = read_piece(piece, read_moments);
    if (set.rule != set_.rule || set.type != set_.type || set.shape != set_.shape ||
        set.column_names != set_.column_names) {
      fail(ErrorKind::input, "{}: is not a piece of this job; without it its rows are read again",
           piece.string());
    }
    for (const RowRange& range : set.rows) insert(found, range);
    session.add(set.parts);
  }
  // Whoever lost sight of a job may start it once more while its processes go on.
  if (found != set_.rows) {
    fail(ErrorKind::input, "{}: its partial sums change; wait for the other job that writes there",
         folder_.string());
  }
  unwritten_ = !old_.empty();
}

void Checkpoint::added(RowRange rows) {
  insert(set_.rows, {first_row_ + rows.first, first_row_ + rows.last});
  unwritten_ = true;
}

void Checkpoint::write_when_due(Session& session) {
  if (std::chrono::steady_clock::now() - last_written_ >= period_) write(session);
}

std::chrono::milliseconds Checkpoint::slowest_write() const noexcept {
  constexpr double bytes_per_second = 20e6;
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(1e3 * piece_bytes_ / bytes_per_second));
}

void Checkpoint::write(Session& session) {
  if (!unwritten_) return;
  set_.parts = session.moments();
  write_moments(set_, piece_, true);
  set_.parts.clear();
  unwritten_ = false;
  last_written_ = std::chrono::steady_clock::now();
  // Only now: until then theirs are the only copies.
  std::error_code ignored;  // one that stays is found to hold nothing new
  for (const fs::path& piece : old_) fs::remove(piece, ignored);
  old_.clear();
}

void discard_checkpoint(const fs::path& folder) {
  std::error_code ignored;  // what cannot be removed does no harm
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    if (run_of(entry.path())) fs::remove(entry.path(), ignored);
  }
  fs::remove(folder / identity_name, ignored);  // last: no piece is ever without it
  fs::remove(folder / lock_name, ignored);
  if (!fs::is_symlink(folder, ignored)) fs::remove(folder, ignored);
}

}  // namespace arete
