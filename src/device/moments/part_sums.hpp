#pragma once

#include <string_view>
#include <vector>

#include "arete/backend/backend.hpp"
#include "arete/moments/moments.hpp"
#include "arete/solve/centring.hpp"
#include "device/moments/slice.hpp"
#include "device/runtime/memory.hpp"
#include "device/runtime/tuning.hpp"

namespace arete::device {

/// The sizes of everything that sums take, by the session's options and what the device has free.
struct SumsPlan {
  std::size_t features = 0;
  std::size_t classes = 0;
  std::size_t parts = 0;
  std::size_t slice_rows = 0;
  std::size_t strip_width = 0;                                 ///< features of one int8 product
  GramProduct::Method float_gram = GramProduct::Method::syrk;  ///< of what is not exact
  std::size_t panel_columns = 0;                               ///< features and classes, filled up
  std::size_t panel_rows = 0;  ///< that are multiplied at once; 0: nothing is multiplied in int8

  /// Bytes of the panel of one part, and of the int32 products that all parts share.
  [[nodiscard]] std::size_t panel_bytes() const;
  [[nodiscard]] std::size_t products_bytes() const;
  /// Bytes of what all parts share besides.
  [[nodiscard]] std::size_t shared_bytes() const;
  /// Bytes of the sums themselves.
  [[nodiscard]] std::size_t sums_bytes() const;
  [[nodiscard]] std::size_t total_bytes() const;
};

/// The panels are as long as an int32 allows where all of them fit an eighth of `free`, and else as
/// long as fits. Throws Error (resource), stating what is needed and what is free, where not even
/// short ones do beside the sums; (unavailable) for a kernel of CPUs. With `emulate` float64 is
/// emulated where the options leave the choice.
[[nodiscard]] SumsPlan plan_sums(const SessionOptions& options, const Tuning& tuning,
                                 std::size_t free, bool emulate = false);

/// Memory that the parts of a session take turns in.
struct SumsWorkspace {
  SumsWorkspace(Device& device, const SumsPlan& plan);

  SumsPlan plan;
  Memory<std::int32_t> products;
  Memory<std::int64_t> panel_sums;  ///< column sums of a panel
  Memory<std::int64_t> class_rows;
  Pinned<std::int64_t> class_rows_on_host;
  bool class_rows_taken = false;
  Memory<double> rows;    ///< a slice in float64; made when first needed
  Memory<double> vector;  ///< of one number for each feature
};

/// Sums the rows of one part on the device. 8-bit integers, and floats that turn out to be such,
/// are gathered in a panel and multiplied in int8 once it is full; everything else is summed in
/// float64, slice by slice.
class PartSums {
 public:
  PartSums(Device& device, const SessionOptions& options, const SumsPlan& plan);

  /// Throws Error (input) naming `source` for NaN and infinity, and for integers whose sums outgrow
  /// 2^53.
  void add(const Slice& slice, int part, std::string_view source, SumsWorkspace& workspace);
  /// Adds moments computed elsewhere; throws Error (internal) where they have other classes.
  void add(const Moments& moments, SumsWorkspace& workspace);
  /// Replaces the sums by `moments`, which has the same classes.
  void assign(const Moments& moments, SumsWorkspace& workspace);
  /// Multiplies what the panel holds, so that the sums are complete. Throws as add does.
  void finish(SumsWorkspace& workspace);
  /// Throws Error (input) for integers whose sums have outgrown 2^53; floats are inexact then.
  void check_limit(SumsWorkspace& workspace);

  // The sums, complete after finish().
  [[nodiscard]] Moments moments(SumsWorkspace& workspace);
  [[nodiscard]] ColumnTotals totals(SumsWorkspace& workspace);
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
  [[nodiscard]] bool exact() const noexcept { return exact_; }
  [[nodiscard]] const std::vector<std::uint64_t>& class_counts() const { return class_counts_; }
  [[nodiscard]] Memory<double>& gram() noexcept { return gram_; }
  [[nodiscard]] Memory<double>& class_sums() noexcept { return class_sums_; }
  /// Takes over counts after the sums were reduced elsewhere.
  void set_counts(std::uint64_t rows, bool exact, std::vector<std::uint64_t> class_counts);
  /// Gives the memory of the panel back.
  void release_panel();

 private:
  void add_floats(const Slice& slice, int part, std::string_view source, SumsWorkspace& workspace);
  void add_bytes(const Slice& slice, int part, int shift, SumsWorkspace& workspace);
  void add_float64(const Slice& slice, int part, SumsWorkspace& workspace);
  void append(const Slice& slice, std::size_t begin, std::size_t count);
  void multiply_strip(std::size_t begin, std::size_t depth, SumsWorkspace& workspace);
  void upload_class_rows(SumsWorkspace& workspace);
  void add_upper(const Moments& moments, SumsWorkspace& workspace);
  [[nodiscard]] std::vector<double> diagonal(SumsWorkspace& workspace);

  Device& device_;
  const SessionOptions& options_;
  Memory<double> gram_;        ///< features x features; j >= i
  Memory<double> class_sums_;  ///< classes x features
  std::uint64_t rows_ = 0;
  bool exact_ = true;
  double limit_ = 0;  ///< of the largest G_ii, by what the rows could be
  std::vector<std::uint64_t> class_counts_;

  Memory<std::int8_t> panel_;
  std::size_t filled_ = 0;                      ///< rows of the panel
  int shift_ = 0;                               ///< that was subtracted from them
  std::vector<std::int64_t> panel_class_rows_;  ///< by class
};

}  // namespace arete::device
