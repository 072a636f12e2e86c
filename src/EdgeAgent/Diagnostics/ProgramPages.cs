using System.Globalization;
using MicroVm.EdgeAgent.Interop;

namespace MicroVm.EdgeAgent.Diagnostics;

/// <summary>
/// Keeps resident of the agent's program and libraries what it uses, not what it used once: the kernel maps a file's pages in
/// runs of sixteen and reads further ahead, so that all of a program becomes resident by and by though a third of it is used.
/// See docs/decisions/013-program-pages.md.
/// </summary>
internal sealed class ProgramPages(TimeProvider time)
{
    private static readonly TimeSpan s_period = TimeSpan.FromHours(6);

    /// <summary>When the agent has started and adopted its VMs, and when it has connected, as a rule.</summary>
    private static readonly TimeSpan[] s_first = [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(25)];

    /// <summary>Gives pages back after the start and from time to time, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        for (int turn = 0; ; turn++)
        {
            await Task.Delay(turn < s_first.Length ? s_first[turn] : s_period, time, cancellation);
            foreach ((nint address, nuint length) in Mappings(File.ReadLines("/proc/self/maps")))
            {
                Libc.GiveBack(address, length);
            }
        }
    }

    /// <summary>Mappings of files that nothing writes to, from lines of <c>/proc/PID/maps</c> (proc_pid_maps(5)).</summary>
    internal static IEnumerable<(nint Address, nuint Length)> Mappings(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (fields is [_, "r-xp" or "r--p", _, _, _, _] && fields[5].StartsWith('/'))
            {
                string[] range = fields[0].Split('-');
                ulong from = ulong.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                ulong to = ulong.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                yield return ((nint)from, (nuint)(to - from));
            }
        }
    }
}
