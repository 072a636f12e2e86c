using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Logs;
using MicroVm.EdgeAgent.Sessions;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Sessions;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.Logs;

/// <summary>Logs on demand: what the device keeps, over sessions that are cut.</summary>
public sealed class LogSessionTests : IDisposable
{
    private static readonly ResourceName s_vm = ResourceName.Parse("web"), s_other = ResourceName.Parse("other");
    private readonly TempDirectory _directory = new();
    private readonly LogStore _logs;
    private readonly LogSource _source = new(s_vm, Guid.NewGuid());
    private readonly CancellationTokenSource _agent = new();
    private ulong _written;

    public LogSessionTests() => _logs = new LogStore(
        _directory["logs"], new LogLimits(64 << 10, TimeSpan.FromDays(7)), new AgentCounters(), TimeProvider.System, NullLogger.Instance);

    [Fact]
    public async Task Tail_GivesTheNewestAndEnds()
    {
        Write(10);

        Assert.Equal([9UL, 10UL], await ReadAllAsync(new SessionOpen { Kind = SessionKind.Logs, Tail = 2 }));
        Assert.Empty(await ReadAllAsync(new SessionOpen { Kind = SessionKind.Logs, Tail = 0 }));
        Assert.Equal([8UL, 9UL, 10UL], await ReadAllAsync(new SessionOpen { Kind = SessionKind.Logs, After = 7 }));
        Assert.Equal([5UL, 6UL], (await ReadAllAsync(new SessionOpen { Kind = SessionKind.Logs, Tail = 100, SinceUnixNs = 5 })).Take(2));
    }

    [Fact]
    public async Task Vm_ThatIsNotThere_IsSaidInWords_AndOneWithoutLinesHasNone()
    {
        (StreamChannel asking, _) = await OpenAsync(new SessionOpen { Kind = SessionKind.Logs }, s_other);

        Assert.Equal("VM 'other' is not on this device, and there is no log of it", (await asking.EndAsync()).Fault);
        Assert.Empty(await ReadAllAsync(new SessionOpen { Kind = SessionKind.Logs, Tail = 5 }));
    }

    /// <summary>A follower whose connection is cut again and again goes on by its cursor and has every line once.</summary>
    [Fact]
    public async Task Follow_CutAtRandomPointsAndResumed_HasEveryLineOnce()
    {
        const int Lines = 600;
        Random random = new(42);
        List<ulong> received = [];
        ulong? after = null;
        while (received.Count < Lines)
        {
            (StreamChannel asking, Task answered) = await OpenAsync(new SessionOpen { Kind = SessionKind.Logs, Tail = 0, After = after ?? 0, Follow = true }, s_vm);
            await asking.HearAsync(SessionFrameKind.Opened);
            for (int left = random.Next(1, 60); left > 0 && received.Count < Lines; left--)
            {
                if (_written < (ulong)received.Count + 20 && _written < Lines)
                {
                    Write(random.Next(1, 40), Lines);
                }

                SessionFrame frame = await asking.NextAsync();
                SessionLogEntry entry = SessionLogEntry.Decode(frame.Content);
                received.Add(entry.Cursor);
                Assert.Equal($"line {entry.Cursor}", entry.Text);
                after = entry.Cursor;
            }

            await asking.DisposeAsync();
            await Phase.Of("end of a cut session", answered);
        }

        Assert.Equal(Enumerable.Range(1, Lines).Select(i => (ulong)i), received);
    }

    [Fact]
    public async Task Age_VmThatIsGone_ItsLogIsKeptUntilItIsTooOld()
    {
        Write(3);
        _logs.Age(_ => false);
        Assert.Equal(3, _logs.Last(s_vm, 10).Count);
        foreach (string file in Directory.GetFiles(_directory["logs/web"]))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow - TimeSpan.FromDays(8));
        }

        (StreamChannel asking, _) = await OpenAsync(new SessionOpen { Kind = SessionKind.Logs, After = 3, Follow = true }, s_vm);
        await asking.HearAsync(SessionFrameKind.Opened);
        _logs.Age(_ => false);

        Assert.False(Directory.Exists(_directory["logs/web"]));
        Assert.Equal("the log was deleted: its VM is gone and its lines were too old", (await asking.EndAsync()).Fault);
    }

    public void Dispose()
    {
        _agent.Dispose();
        _logs.Dispose();
        _directory.Dispose();
    }

    private void Write(int count, ulong most = ulong.MaxValue)
    {
        for (; count > 0 && _written < most; count--)
        {
            _written++;
            _logs.Take(_source, new GuestLogLine(_written, (long)_written, LogStream.Stdout, $"line {_written}"), out _);
        }
    }

    private async Task<List<ulong>> ReadAllAsync(SessionOpen open)
    {
        (StreamChannel asking, Task answered) = await OpenAsync(open, s_vm);
        await asking.HearAsync(SessionFrameKind.Opened);
        List<ulong> cursors = [];
        while (true)
        {
            SessionFrame frame = await asking.NextAsync();
            if (frame.Kind == SessionFrameKind.Closed)
            {
                Assert.Equal(new SessionClosed(0), SessionClosed.Decode(frame.Content));
                await asking.DisposeAsync();
                await Phase.Of("end of the session", answered);
                return cursors;
            }

            cursors.Add(SessionLogEntry.Decode(frame.Content).Cursor);
        }
    }

    private async Task<(StreamChannel Asking, Task Answered)> OpenAsync(SessionOpen open, ResourceName vm)
    {
        (StreamChannel asking, StreamChannel agent) = await SessionPair.MakeAsync(_directory);
        SessionAnswerer answerer = new(
            _ => new SessionVm("does not matter", "", Task.CompletedTask), new LogAnswerer(_logs, known => known == s_vm, TimeProvider.System), TimeProvider.System, NullLogger.Instance);
        Task answered = AnswerAsync();
        await asking.SendAsync(SessionFrameKind.Open, open.Encode(), default);
        return (asking, answered);

        async Task AnswerAsync()
        {
            await using (agent)
            {
                await answerer.AnswerAsync(agent, vm, _agent.Token);
            }
        }
    }
}
