using System.Runtime.InteropServices;

namespace MicroVm.Benchmarks.Interop;

/// <summary>Starts a program, waits for it, and says what it used: wall time, and user and system time from wait4(2).</summary>
internal static unsafe partial class ChildProcess
{
    private const int OpenWriteOnly = 1;
    private const int OpenReadOnly = 0;

    /// <summary>One finished run.</summary>
    /// <param name="ExitCode">Exit code; 128 + signal when a signal ended it.</param>
    /// <param name="WallMs">From just before posix_spawn to just after wait4, in milliseconds.</param>
    /// <param name="CpuMs">User and system time in milliseconds.</param>
    internal readonly record struct Usage(int ExitCode, double WallMs, double CpuMs);

    /// <summary>Runs <paramref name="arguments"/> (absolute program first) with standard streams on /dev/null.</summary>
    internal static Usage Run(IReadOnlyList<string> arguments)
    {
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        int pid = Start(arguments);
        int status;
        RUsage usage;
        if (wait4(pid, &status, 0, &usage) != pid)
        {
            throw new InvalidOperationException($"wait4 failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        double wall = System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        int code = (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
        return new Usage(code, wall, usage.UserMs + usage.SystemMs);
    }

    /// <summary>Starts a program and returns its process id.</summary>
    internal static int Start(IReadOnlyList<string> arguments)
    {
        // posix_spawn_file_actions_t is 80 bytes in glibc; more is harmless.
        byte* actions = stackalloc byte[256];
        _ = posix_spawn_file_actions_init(actions);
        _ = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", OpenReadOnly, 0);
        _ = posix_spawn_file_actions_addopen(actions, 1, "/dev/null", OpenWriteOnly, 0);
        _ = posix_spawn_file_actions_addopen(actions, 2, "/dev/null", OpenWriteOnly, 0);
        nint[] argv = [.. arguments.Select(Marshal.StringToCoTaskMemUTF8), 0];
        nint[] environment = [0];
        int pid;
        int error;
        fixed (nint* argvPointer = argv, environmentPointer = environment)
        {
            error = posix_spawn(&pid, arguments[0], actions, null, argvPointer, environmentPointer);
        }

        foreach (nint argument in argv)
        {
            Marshal.FreeCoTaskMem(argument);
        }

        _ = posix_spawn_file_actions_destroy(actions);
        return error == 0
            ? pid
            : throw new InvalidOperationException($"posix_spawn {arguments[0]} failed: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Kills and reaps a process started here.</summary>
    internal static void Kill(int pid)
    {
        int status;
        RUsage usage;
        _ = kill(pid, 9);
        _ = wait4(pid, &status, 0, &usage);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(int* pid, string path, byte* actions, void* attributes, nint* argv, nint* environment);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(byte* actions, int fd, string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int wait4(int pid, int* status, int options, RUsage* usage);

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    /// <summary><c>struct rusage</c> of <c>&lt;sys/resource.h&gt;</c>, 64-bit Linux: two timevals and fourteen longs.</summary>
    private struct RUsage
    {
        private long _userSeconds;
        private long _userMicroseconds;
        private long _systemSeconds;
        private long _systemMicroseconds;
        private fixed long _rest[14];

        internal readonly double UserMs => (_userSeconds * 1e3) + (_userMicroseconds / 1e3);

        internal readonly double SystemMs => (_systemSeconds * 1e3) + (_systemMicroseconds / 1e3);
    }
}
