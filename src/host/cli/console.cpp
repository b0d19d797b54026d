#include "arete/cli/console.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>

#include "arete/cli/launch.hpp"
#include "arete/core/error.hpp"
#include "arete/core/text.hpp"

namespace arete::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto between_updates = 100ms;
constexpr std::string_view clear_line = "\r\x1b[K";

// The one thing that a signal handler may touch.
volatile std::sig_atomic_t received_signal = 0;

extern "C" void note_signal(int number) { received_signal = number; }

/// Notes the first; a second one kills. One that is ignored, as by nohup or for jobs in the
/// background of a script, stays so.
void note(int signal) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  if (action.sa_handler == SIG_IGN) return;
  action.sa_handler = note_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(signal, &action, nullptr);
}

/// Progress is a courtesy: where it cannot be written, the work goes on.
void write_progress(std::string_view text) noexcept {
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, text.data(), text.size());
}

// Whether an allocation has failed: std::terminate is not always told by which exception.
volatile std::sig_atomic_t memory_ran_out = 0;

[[noreturn]] void note_exhaustion() {
  memory_ran_out = 1;
  throw std::bad_alloc();
}

/// Where memory runs out in a destructor or another place that no exception may leave (those of
/// JSON values allocate), the command ends as it does elsewhere.
[[noreturn]] void end_without_memory() {
  if (memory_ran_out == 0) std::abort();  // a bug, to be seen as one
  write_progress("arete: error: out of memory\n");
  ::_exit(static_cast<int>(ErrorKind::resource));
}

bool terminal_has_styles() {
  const char* const terminal = std::getenv("TERM");
  return terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

}  // namespace

void set_up_console() {
  std::set_new_handler(note_exhaustion);
  std::set_terminate(end_without_memory);
  auto logger =
      std::make_shared<spdlog::logger>("arete", std::make_shared<spdlog::sinks::stderr_sink_st>());
  logger->set_pattern("arete: %l: %v");
  spdlog::set_default_logger(std::move(logger));
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) note(signal);
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
}

void check_interrupted() {
  if (received_signal != 0) throw Interrupted(received_signal);
}

bool output_is_terminal() {
  // Launchers read their processes' output through pseudo-terminals, wherever it goes in the end.
  return ::isatty(STDOUT_FILENO) == 1 && !is_launched();
}

bool output_has_styles() {
  const char* const no_color = std::getenv("NO_COLOR");
  const bool objected = no_color != nullptr && *no_color != '\0';
  return output_is_terminal() && terminal_has_styles() && !objected;
}

void write_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EPIPE) {
      throw OutputClosed();
    } else if (errno == EINTR) {
      check_interrupted();
    } else {
      fail(ErrorKind::resource, "standard output cannot be written: {}", std::strerror(errno));
    }
  }
}

ConsoleListener::ConsoleListener()
    : shows_progress_(::isatty(STDERR_FILENO) == 1 && terminal_has_styles()),
      last_shown_(std::chrono::steady_clock::now()) {}

ConsoleListener::~ConsoleListener() { clear(); }

void ConsoleListener::progress(std::string_view stage, std::uint64_t done, std::uint64_t total) {
  check_interrupted();
  const auto now = std::chrono::steady_clock::now();
  if (!shows_progress_ || total == 0 || now - last_shown_ < between_updates) return;
  last_shown_ = now;
  line_is_shown_ = true;
  const double percent = 100.0 * static_cast<double>(done) / static_cast<double>(total);
  write_progress(fmt::format("{}{} {:3.0f} %", clear_line, stage, percent));
}

void ConsoleListener::resumed(std::uint64_t rows, std::uint64_t total) {
  clear();
  resumed_rows_ = rows;
  spdlog::info("{} of {} rows were summed by an earlier run", rows, total);
}

void ConsoleListener::warning(const std::string& text) {
  clear();
  warnings_.push_back(text);
  spdlog::warn("{}", printable(text));
}

void ConsoleListener::clear() noexcept {
  if (line_is_shown_) write_progress(clear_line);
  line_is_shown_ = false;
}

}  // namespace arete::cli
