#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "arete/backend/backend.hpp"
#include "device/moments/row_feed.hpp"
#include "device/runtime/memory.hpp"
#include "device/runtime/tuning.hpp"

namespace arete::device {

/// The solved lambdas of a path in the memory of the device.
struct PathWeights {
  std::vector<std::size_t> solution;  ///< of the path; the lambdas that were solved
  std::size_t classes = 0;
  std::size_t features = 0;
  Memory<double> weights;    ///< lambdas x classes x features
  Memory<double> intercept;  ///< lambdas x classes
  std::vector<double> intercept_on_host;

  [[nodiscard]] std::size_t lambdas() const noexcept { return solution.size(); }
  [[nodiscard]] std::size_t outputs() const noexcept { return solution.size() * classes; }
};

/// Rows of one part of a slice: `order` lies on the device, and its twin on the host.
struct PartRows {
  const Slice* slice = nullptr;
  const std::uint32_t* order = nullptr;
  std::size_t count = 0;
};

/// Scores rows in float64. Each lambda is one product for each tile of a fixed number of rows, by
/// the features alone, so that no score depends on how many lambdas there are.
class Float64Scorer {
 public:
  Float64Scorer(Device& device, const PathWeights& path, const Tuning& tuning);
  [[nodiscard]] static std::size_t tile_rows(std::size_t features, const Tuning& tuning);
  [[nodiscard]] static std::size_t bytes(std::size_t features, std::size_t classes,
                                         std::size_t lambdas, const Tuning& tuning);

  /// Adds to hits[l] the rows that lambda l (of those solved) classifies correctly.
  void add(const PartRows& rows, std::vector<std::uint64_t>& hits);

 private:
  Device& device_;
  const PathWeights& path_;
  std::size_t tile_rows_;
  Memory<double> rows_;            ///< tile_rows x features
  Memory<double> scores_;          ///< tile_rows x classes
  Memory<std::uint8_t> verdicts_;  ///< lambdas x rows of the tile
  Memory<std::uint64_t> counts_;   ///< lambdas
};

/// Scores rows of bytes, all lambdas at once, by exact products of int8 with the digits of the
/// weights. Rows whose choice that leaves open are handed to a Float64Scorer, so that all choices
/// are those of float64.
class DigitScorer {
 public:
  static constexpr int digits = 3;

  DigitScorer(Device& device, const PathWeights& path, int shift, const Tuning& tuning);
  /// Whether the products fit an int32 and the digits' sums an int64.
  [[nodiscard]] static bool fits(std::size_t features) noexcept;
  [[nodiscard]] static std::size_t tile_rows(std::size_t outputs, const Tuning& tuning);
  [[nodiscard]] static std::size_t bytes(std::size_t features, std::size_t outputs,
                                         std::size_t lambdas, const Tuning& tuning);

  /// As Float64Scorer; `exactly` takes what is left open. Returns how many rows that were.
  std::size_t add(const PartRows& rows, const std::uint32_t* order_on_host, Float64Scorer& exactly,
                  std::vector<std::uint64_t>& hits);

 private:
  void prepare();
  void decide(const PartRows& tile);

  Device& device_;
  const PathWeights& path_;
  int shift_;
  std::size_t stride_;   ///< bytes of a row of digits
  std::size_t outputs_;  ///< rows of digits, filled up
  std::size_t tile_rows_;
  Memory<std::int8_t> digits_;
  Memory<double> scales_;
  Memory<double> offsets_;
  Memory<ErrorBound> bounds_;
  Memory<std::int8_t> rows_;
  Memory<std::int32_t> norms_;
  Memory<std::int32_t> products_;
  Memory<std::uint8_t> verdicts_;
  Memory<std::uint8_t> marks_;
  Memory<std::uint64_t> counts_;
  Memory<std::uint32_t> open_;  ///< rows left open
};

/// Counts the hits of a path on the device; see Scorer.
class DeviceScorer final : public Scorer {
 public:
  /// Throws Error (resource), stating what is needed and what is free.
  DeviceScorer(Device& device, RowFeed& feed, const SessionOptions& options, const RidgePath& path,
               const Tuning& tuning);

  void score(const RowBlock& block, int part, ScoreCounts& counts) override;
  /// Rows so far that digits left open.
  [[nodiscard]] std::size_t rescored() const noexcept { return rescored_; }

 private:
  Device& device_;
  RowFeed& feed_;
  std::size_t solutions_;
  PathWeights path_;
  std::optional<Float64Scorer> float64_;
  std::optional<DigitScorer> digits_;
  std::size_t rescored_ = 0;
};

}  // namespace arete::device
