namespace MicroVm.Benchmarks.Nested.Host.Tracing;

/// <summary>Which system calls a VMM spends its start in, until the guest is entered first; and how often it faulted.</summary>
internal sealed class SystemCallTimes
{
    private readonly Dictionary<string, (int Count, double Us)> _calls = [];
    private readonly Dictionary<int, (double At, string Name)> _entered = [];
    private int _faults;

    /// <summary>Takes an event of a thread: <c>sys_NAME(…)</c>, <c>sys_NAME -> result</c>, <c>page_fault_user: …</c>.</summary>
    internal void Take(int thread, double us, string text)
    {
        if (text.StartsWith("page_fault_user", StringComparison.Ordinal))
        {
            _faults++;
        }
        else if (text.StartsWith("sys_", StringComparison.Ordinal))
        {
            int end = text.IndexOfAny(['(', ' ']);
            if (text[end] == '(')
            {
                _entered[thread] = (us, Name(text, end));
            }
            else if (_entered.Remove(thread, out (double At, string Name) call))
            {
                (int count, double sum) = _calls.GetValueOrDefault(call.Name);
                _calls[call.Name] = (count + 1, sum + us - call.At);
            }
        }
    }

    // "sys_ioctl(fd: 5, cmd: ae01, arg: 0)": each request is a call of its own.
    private static string Name(string text, int end)
    {
        string name = text["sys_".Length..end];
        int request = text.IndexOf("cmd: ", StringComparison.Ordinal);
        return name == "ioctl" && request > 0 ? $"ioctl {text[(request + 5)..text.IndexOf(',', request)]}" : name;
    }

    /// <summary>One line: the sum, the dearest calls, and the faults, whose time is not in it.</summary>
    internal string Describe(int most) =>
        $"{_calls.Values.Sum(static call => call.Us) / 1e3:0.00} ms in {_calls.Values.Sum(static call => call.Count)} system calls ("
        + string.Join(", ", _calls.OrderByDescending(static call => call.Value.Us).Take(most).Select(static call => $"{call.Key} {call.Value.Count}: {call.Value.Us / 1e3:0.00}"))
        + $"), {_faults} page faults";
}
