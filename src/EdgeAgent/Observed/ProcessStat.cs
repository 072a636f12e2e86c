namespace MicroVm.EdgeAgent.Observed;

/// <summary>What <c>/proc/PID/stat</c> says (proc(5)).</summary>
/// <param name="State">State letter, field 3; <c>Z</c> is a zombie.</param>
/// <param name="CpuTicks">User and system time in clock ticks, fields 14 and 15.</param>
/// <param name="StartTicks">Start time in clock ticks since boot, field 22.</param>
internal readonly record struct ProcessStat(char State, ulong CpuTicks, ulong StartTicks)
{
    private const int StateField = 3, UserField = 14, SystemField = 15, StartField = 22;

    /// <summary>False for a process that has ended and only waits to be reaped.</summary>
    internal bool IsAlive => State is not ('Z' or 'X');

    /// <summary>Parses the file's text; null when it is not of that form.</summary>
    internal static ProcessStat? Parse(ReadOnlySpan<char> text)
    {
        // The name in field 2 may hold spaces and parentheses: fields are counted from its last closing one.
        int nameEnd = text.LastIndexOf(')');
        if (nameEnd < 0)
        {
            return null;
        }

        int field = StateField - 1;
        char state = '\0';
        ulong user = 0, system = 0, start = 0;
        foreach (Range range in text[(nameEnd + 1)..].Split(' '))
        {
            ReadOnlySpan<char> value = text[(nameEnd + 1)..][range].Trim();
            if (value.IsEmpty)
            {
                continue;
            }

            field++;
            bool valid = field switch
            {
                StateField => (state = value[0]) != '\0',
                UserField => ulong.TryParse(value, out user),
                SystemField => ulong.TryParse(value, out system),
                StartField => ulong.TryParse(value, out start),
                _ => true,
            };
            if (!valid)
            {
                return null;
            }
        }

        return field >= StartField ? new ProcessStat(state, user + system, start) : null;
    }
}
