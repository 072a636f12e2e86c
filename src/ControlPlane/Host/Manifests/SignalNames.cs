using System.Collections.Immutable;
using System.Globalization;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Signals as OCI images and people name them: numbers of Linux on x86_64 and aarch64 (signal(7)).</summary>
internal static class SignalNames
{
    private const int FirstRealTime = 34;

    private static readonly ImmutableDictionary<string, int> s_numbers = ImmutableDictionary.CreateRange<string, int>(
    [
        new("HUP", 1), new("INT", 2), new("QUIT", 3), new("ILL", 4), new("TRAP", 5), new("ABRT", 6), new("BUS", 7), new("FPE", 8), new("KILL", 9),
        new("USR1", 10), new("SEGV", 11), new("USR2", 12), new("PIPE", 13), new("ALRM", 14), new("TERM", 15), new("STKFLT", 16), new("CHLD", 17),
        new("CONT", 18), new("STOP", 19), new("TSTP", 20), new("TTIN", 21), new("TTOU", 22), new("URG", 23), new("XCPU", 24), new("XFSZ", 25),
        new("VTALRM", 26), new("PROF", 27), new("WINCH", 28), new("IO", 29), new("PWR", 30), new("SYS", 31),
        new("RTMIN", FirstRealTime), new("RTMAX", ProcessSpec.MaxSignal),
    ]);

    /// <summary>The number of a signal such as <c>SIGTERM</c>, <c>TERM</c>, <c>SIGRTMIN+3</c> or <c>15</c>; null when it is none.</summary>
    internal static int? Parse(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return IsSignal(number) ? number : null;
        }

        string name = text.StartsWith("SIG", StringComparison.Ordinal) ? text[3..] : text;
        int sign = name.IndexOfAny(['+', '-']);
        if (sign < 0)
        {
            return s_numbers.TryGetValue(name, out number) ? number : null;
        }

        bool isOffset = name[..sign] is "RTMIN" or "RTMAX" && int.TryParse(name.AsSpan(sign + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number);
        number = isOffset ? s_numbers[name[..sign]] + (name[sign] == '+' ? number : -number) : 0;
        return number is >= FirstRealTime and <= ProcessSpec.MaxSignal ? number : null;
    }

    private static bool IsSignal(int number) => number is >= 1 and <= 31 or >= FirstRealTime and <= ProcessSpec.MaxSignal;
}
