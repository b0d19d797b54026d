#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <parquet/exception.h>

#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "arete/core/error.hpp"

namespace arete::parquet_module {

/// Throws Error unless the status is good: (resource) for memory, (input) for all else; `place`
/// begins the text.
inline void check(const arrow::Status& status, const std::string& place) {
  if (status.ok()) return;
  if (status.IsOutOfMemory()) {
    fail(ErrorKind::resource, "{}: {}; it needs too much, or is damaged", place, status.message());
  }
  fail(ErrorKind::input, "{}: {}", place, status.message());
}

template <typename Value>
Value value_of(arrow::Result<Value> result, const std::string& place) {
  check(result.status(), place);
  return std::move(result).MoveValueUnsafe();
}

/// What call() returns. What Arrow throws, be it on purpose or since damaged data have it ask for
/// impossible sizes, becomes an Error (input) that begins with `place`.
template <typename Call>
auto guarded(const std::string& place, Call call) {
  try {
    return call();
  } catch (const parquet::ParquetException& error) {
    fail(ErrorKind::input, "{}: {}", place, error.what());
  } catch (const std::bad_alloc&) {
    fail(ErrorKind::resource, "{}: needs more memory than there is, or is damaged", place);
  } catch (const std::logic_error& error) {
    fail(ErrorKind::input, "{}: is damaged: {}", place, error.what());
  }
}

}  // namespace arete::parquet_module
