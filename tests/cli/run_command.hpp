#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// Runs the command that was built, as a user would.
namespace arete::run {

using Json = nlohmann::ordered_json;

struct Result {
  int exit = -1;  ///< as a shell counts: 128 and the signal, for one that it died of
  std::string out;
  std::string err;
};

enum class Output { pipe, closed_pipe, terminal, full_disk };

struct Options {
  Output output = Output::pipe;
  std::vector<std::pair<std::string, std::string>> environment;
  int signal = 0;  ///< sent as soon as the command has said that it handles it
  std::filesystem::path input = "/dev/null";
  std::vector<int> ignored = {};  ///< signals that the command is started with ignored, and is sent
                                  ///< a while before `signal`
};

namespace detail {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

inline Pipe open_output(Output output) {
  std::array<int, 2> ends{};
  if (output == Output::terminal) {
    if (::openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr) != 0) {
      throw std::runtime_error("no pseudo-terminal");
    }
    return {ends[0], ends[1]};
  }
  if (output == Output::full_disk) return {-1, ::open("/dev/full", O_WRONLY)};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  if (output == Output::closed_pipe) ::close(std::exchange(ends[0], -1));
  return {ends[0], ends[1]};
}

[[noreturn]] inline void become_command(std::vector<std::string> words, const Options& options,
                                        int out, int err) {
  ::dup2(::open(options.input.c_str(), O_RDONLY), STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  for (int descriptor = STDERR_FILENO + 1; descriptor < 64; ++descriptor) ::close(descriptor);
  // Whatever started the tests may ignore some.
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
  for (const int signal : options.ignored) std::signal(signal, SIG_IGN);
  for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  std::transform(words.begin(), words.end(), std::back_inserter(arguments),
                 [](std::string& word) { return word.data(); });
  arguments.push_back(nullptr);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

/// Reads both until both end; a terminal whose other side has gone says EIO.
inline void drain(int out, int err, Result& result) {
  std::array<pollfd, 2> streams{{{out, POLLIN, 0}, {err, POLLIN, 0}}};
  const std::array<std::string*, 2> texts{&result.out, &result.err};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    if (::poll(streams.data(), streams.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (streams[i].fd < 0 || streams[i].revents == 0) continue;
      std::array<char, 4096> bytes{};
      const ssize_t count = ::read(streams[i].fd, bytes.data(), bytes.size());
      if (count > 0) {
        texts[i]->append(bytes.data(), static_cast<std::size_t>(count));
      } else {
        ::close(std::exchange(streams[i].fd, -1));
      }
    }
  }
}

/// Whether the process has a handler for the signal, by the mask the system shows.
inline bool handles(pid_t process, int signal) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string word; status >> word;) {
    if (word == "SigCgt:" && status >> word) {
      return ((std::stoull(word, nullptr, 16) >> (signal - 1)) & 1U) != 0;
    }
  }
  return false;
}

inline void interrupt(pid_t process, const Options& options) {
  using namespace std::chrono_literals;
  for (int i = 0; i < 3000 && !handles(process, options.signal); ++i) {
    std::this_thread::sleep_for(10ms);
  }
  for (const int signal : options.ignored) {
    ::kill(process, signal);
    std::this_thread::sleep_for(200ms);
  }
  ::kill(process, options.signal);
}

}  // namespace detail

/// Any program; the first word is its path.
inline Result program(const std::vector<std::string>& words, const Options& options = {}) {
  const detail::Pipe out = detail::open_output(options.output);
  const detail::Pipe err = detail::open_output(Output::pipe);
  const pid_t process = ::fork();
  if (process == 0) detail::become_command(words, options, out.write_end, err.write_end);
  ::close(out.write_end);
  ::close(err.write_end);
  if (options.signal != 0) detail::interrupt(process, options);
  Result result;
  detail::drain(out.read_end, err.read_end, result);
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

inline Result arete(std::vector<std::string> words, const Options& options = {}) {
  words.insert(words.begin(), ARETE_COMMAND);
  return program(words, options);
}

/// The JSON that a run which must succeed prints.
inline Json json_of(std::vector<std::string> words) {
  const Result result = arete(std::move(words));
  EXPECT_EQ(result.exit, 0) << result.err;
  Json json = Json::parse(result.out, nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << result.out;
  return json;
}

/// That a run fails with this exit code and one line on standard error that holds `text`, and
/// prints nothing.
inline void expect_failure(std::vector<std::string> words, int exit, const std::string& text,
                           const Options& options = {}) {
  std::string line;
  for (const std::string& word : words) line += word + " ";
  SCOPED_TRACE(line);
  const Result result = arete(std::move(words), options);
  EXPECT_EQ(result.exit, exit) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_TRUE(result.err.starts_with("arete: error: ")) << result.err;
  EXPECT_NE(result.err.find(text), std::string::npos) << result.err;
}

inline std::vector<std::string> keys_of(const Json& json) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  return keys;
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace arete::run
