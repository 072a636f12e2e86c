using System.Text;

namespace MicroVm.TestKit;

/// <summary>Lines of a stream as they come. A wait looks at the lines that are there and then at every new one; nothing polls.</summary>
public sealed class LineLog(string name)
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<Waiter> _waiters = [];
    private string? _end;

    /// <summary>Name of the stream, for messages.</summary>
    public string Name { get; } = name;

    /// <summary>How many lines have come. A wait from here sees only later ones.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _lines.Count;
            }
        }
    }

    /// <summary>The last line and where it was, for messages.</summary>
    public string LastSeen
    {
        get
        {
            lock (_lock)
            {
                return _lines.Count == 0 ? $"nothing in {Name}" : $"'{_lines[^1]}' in {Name}";
            }
        }
    }

    /// <summary>All lines that have come.</summary>
    public IReadOnlyList<string> Snapshot()
    {
        lock (_lock)
        {
            return [.. _lines];
        }
    }

    /// <summary>Waits for a line that contains <paramref name="text"/>.</summary>
    /// <param name="text">What to look for.</param>
    /// <param name="limit">Longest wait.</param>
    /// <param name="from">Index of the first line to look at; see <see cref="Count"/>.</param>
    /// <returns>The first such line.</returns>
    /// <exception cref="PhaseTimeoutException">It did not come in time, or the stream ended without it.</exception>
    public Task<string> WaitForAsync(string text, TimeSpan limit, int from = 0) =>
        WaitForAsync($"'{text}' in {Name}", line => line.Contains(text, StringComparison.Ordinal), limit, from);

    /// <summary>Waits for a line that <paramref name="matches"/> accepts.</summary>
    public async Task<string> WaitForAsync(string phase, Func<string, bool> matches, TimeSpan limit, int from = 0)
    {
        Waiter waiter = new(matches);
        lock (_lock)
        {
            for (int i = from; i < _lines.Count && !waiter.Offer(_lines[i]); i++)
            {
            }

            if (_end is not null)
            {
                waiter.End();
            }

            _waiters.Add(waiter);
        }

        try
        {
            return await waiter.Task.WaitAsync(limit).ConfigureAwait(false)
                ?? throw new PhaseTimeoutException(phase, limit, $"the end of {Name}{_end}; before it: {LastSeen}");
        }
        catch (TimeoutException)
        {
            throw new PhaseTimeoutException(phase, limit, LastSeen);
        }
        finally
        {
            lock (_lock)
            {
                _waiters.Remove(waiter);
            }
        }
    }

    /// <summary>Reads a stream to its end.</summary>
    public async Task ReadAsync(Stream stream)
    {
        using StreamReader reader = new(stream, Encoding.UTF8);
        string end = "";
        try
        {
            while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                Add(line);
            }
        }
        catch (IOException e)
        {
            end = $" ({e.Message})";
        }

        Complete(end);
    }

    /// <summary>Takes a line.</summary>
    public void Add(string line)
    {
        lock (_lock)
        {
            _lines.Add(line);
            foreach (Waiter waiter in _waiters)
            {
                waiter.Offer(line);
            }
        }
    }

    /// <summary>No more lines come.</summary>
    public void Complete(string reason = "")
    {
        lock (_lock)
        {
            _end ??= reason;
            foreach (Waiter waiter in _waiters)
            {
                waiter.End();
            }
        }
    }

    private sealed class Waiter(Func<string, bool> matches)
    {
        private readonly TaskCompletionSource<string?> _found = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<string?> Task => _found.Task;

        internal bool Offer(string line) => _found.Task.IsCompleted || (matches(line) && _found.TrySetResult(line));

        internal void End() => _found.TrySetResult(null);
    }
}
