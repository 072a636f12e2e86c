using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using MicroVm.Benchmarks.Nested.Interop;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Host;

/// <summary>A running VMM whose guest's console is a pair of pipes.</summary>
internal sealed unsafe class NestedVm : IDisposable
{
    private const int SigKill = 9;
    private static readonly HashSet<int> s_running = [];
    private readonly int _console;
    private readonly int _keyboard;
    private readonly byte[] _pending = new byte[8192];
    private readonly List<string> _lines = [];
    private int _pendingCount;
    private bool _reaped;

    private NestedVm(int pid, long startedNs, int console, int keyboard)
    {
        Pid = pid;
        StartedNs = startedNs;
        _console = console;
        _keyboard = keyboard;
        lock (s_running)
        {
            s_running.Add(pid);
        }
    }

    /// <summary>Processes of all that were started and have not ended.</summary>
    internal static int[] Running
    {
        get
        {
            lock (s_running)
            {
                return [.. s_running];
            }
        }
    }

    internal int Pid { get; }

    /// <summary>The clock just before the program was started.</summary>
    internal long StartedNs { get; }

    /// <summary>CLOCK_MONOTONIC: nanoseconds, which are instructions here.</summary>
    internal static long NowNs => Stopwatch.GetTimestamp();

    internal static NestedVm Start(IReadOnlyList<string> command)
    {
        (int Read, int Write) output = Pipe(), input = Pipe();
        // posix_spawn_file_actions_t is 80 bytes in glibc; more is harmless.
        byte* actions = stackalloc byte[256];
        _ = Libc.posix_spawn_file_actions_init(actions);
        _ = Libc.posix_spawn_file_actions_adddup2(actions, input.Read, 0);
        _ = Libc.posix_spawn_file_actions_adddup2(actions, output.Write, 1);
        using NativeStrings arguments = new(command), environment = new([]);
        int pid;
        long now = NowNs;
        // SAFETY: all arrays are null-terminated and live until the call is over.
        int error = Libc.posix_spawn(&pid, command[0], actions, null, arguments.Pointer, environment.Pointer);
        _ = Libc.posix_spawn_file_actions_destroy(actions);
        _ = Libc.close(output.Write);
        _ = Libc.close(input.Read);
        return error == 0 ? new NestedVm(pid, now, output.Read, input.Write) : throw new OsFaultException("posix_spawn", command[0], error);
    }

    /// <summary>Waits for a line of the guest that begins with <paramref name="start"/>; what comes before is skipped.</summary>
    internal string WaitFor(string start)
    {
        while (true)
        {
            int length = Array.IndexOf(_pending, (byte)'\n', 0, _pendingCount);
            if (length < 0)
            {
                ReadMore(start);
                continue;
            }

            string line = Encoding.UTF8.GetString(_pending, 0, length).Trim('\r');
            _pendingCount -= length + 1;
            Buffer.BlockCopy(_pending, length + 1, _pending, 0, _pendingCount);
            _lines.Add(line);
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                return line;
            }

            if (line.StartsWith("! ", StringComparison.Ordinal))
            {
                throw new InvalidDataException($"the guest answered: {line}");
            }
        }
    }

    /// <summary>Types a line at the guest's console.</summary>
    internal void Type(string line) => Fd.WriteOnce(_keyboard, Encoding.ASCII.GetBytes(line + "\n"));

    /// <summary>Has the guest do something and returns how long it took there, and its virtio interrupts meanwhile.</summary>
    internal (long Ns, long Interrupts) Ask(string command)
    {
        Type(command);
        string[] words = WaitFor(NestedProtocol.Answer).Split(' ');
        return (long.Parse(words[1]), long.Parse(words[2]));
    }

    /// <summary>Waits until the program ends; throws unless it ended by itself with code 0.</summary>
    internal void WaitForExit()
    {
        int status;
        OsFaultException.Check(Native.wait4(Pid, &status, 0, null), "wait4", $"{Pid}");
        _reaped = true;
        Forget();
        if (status != 0)
        {
            throw new InvalidOperationException($"the VMM ended with status 0x{status:x}: {string.Join(" | ", _lines)}");
        }
    }

    public void Dispose()
    {
        if (!_reaped)
        {
            int status;
            _ = Libc.kill(Pid, SigKill);
            _ = Native.wait4(Pid, &status, 0, null);
            Forget();
        }

        _ = Libc.close(_console);
        _ = Libc.close(_keyboard);
    }

    private void Forget()
    {
        lock (s_running)
        {
            s_running.Remove(Pid);
        }
    }

    private void ReadMore(string awaited)
    {
        if (_pendingCount == _pending.Length)
        {
            _pendingCount = 0;
        }

        nint count;
        // SAFETY: at most the rest of the array.
        fixed (byte* start = _pending)
        {
            count = Libc.read(_console, start + _pendingCount, (nuint)(_pending.Length - _pendingCount));
        }

        if (count <= 0)
        {
            throw new InvalidOperationException($"the VMM ended before its guest said '{awaited}': {string.Join(" | ", _lines)} {Encoding.UTF8.GetString(_pending, 0, _pendingCount)}");
        }

        _pendingCount += (int)count;
    }

    private static (int Read, int Write) Pipe()
    {
        int* ends = stackalloc int[2];
        // SAFETY: two descriptors are written.
        OsFaultException.Check(Libc.pipe2(ends, Fd.CloseOnExec), "pipe2", "console");
        return (ends[0], ends[1]);
    }
}
