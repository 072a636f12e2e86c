using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using MicroVm.TestKit.Interop;

namespace MicroVm.TestKit;

/// <summary>Signals to processes, without a program for it: kill(1) is not on every machine.</summary>
public static class ProcessSignals
{
    private const int SigInt = 2;

    /// <summary>Sends a signal by its name without SIG: INT, KILL or TERM.</summary>
    /// <exception cref="Win32Exception">kill(2) failed.</exception>
    public static void Send(this Process process, string name)
    {
        int signal = name switch
        {
            "INT" => SigInt,
            "KILL" => Libc.SigKill,
            "TERM" => Libc.SigTerm,
            _ => throw new ArgumentException($"expected INT, KILL or TERM, found '{name}'", nameof(name)),
        };
        if (Libc.kill(process.Id, signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"kill {process.Id} with SIG{name}");
        }
    }
}
