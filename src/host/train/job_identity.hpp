#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "arete/data/row_source.hpp"
#include "arete/train/fit.hpp"

namespace arete {

/// What the sums of a job depend on, as names and values for people; no paths and no times, so that
/// data may move between two runs.
using JobIdentity = std::vector<std::pair<std::string, std::string>>;

/// Reads some rows, spread over all, for a checksum. Throws as source.read does.
[[nodiscard]] JobIdentity job_identity(const RowSource& source, RowRange rows,
                                       const FitOptions& options);

/// Writes it as a JSON object of strings. Throws Error (resource).
void write_identity(const std::filesystem::path& file, const JobIdentity& identity);

/// Throws Error (input) when the file tells of another job, saying in what, or is damaged.
void check_identity(const std::filesystem::path& file, const JobIdentity& identity);

}  // namespace arete
