#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "arete/model/predict.hpp"

// Predictions as bytes of a file, piece by piece.
namespace arete::cli {

/// "row,class[,score_<class>...]": the first line of a CSV file (RFC 4180, but lines end in \n).
[[nodiscard]] std::string csv_header(const ClassList& classes, bool scores);

/// A line for each row of `source`: its number, its class, and its scores in as many digits as tell
/// them apart.
[[nodiscard]] std::string csv_lines(const Predictions& predictions, const RowSource& source,
                                    const ClassList& classes, bool scores);

/// At least the bytes of one row's text in CSV, or of its elements in .npy.
[[nodiscard]] std::size_t row_bytes(const ClassList& classes, bool scores);

/// The header of an .npy file (version 1.0): int32 classes of shape (rows), or float64 scores of
/// shape (rows, classes). Its size is a multiple of 64 bytes.
[[nodiscard]] std::string npy_header(std::uint64_t rows, std::size_t classes, bool scores);

/// The elements that follow that header.
[[nodiscard]] std::string npy_elements(const Predictions& predictions, bool scores);

}  // namespace arete::cli
