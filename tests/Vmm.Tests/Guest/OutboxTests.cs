using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Vmm.Guest;
using MicroVm.Vmm.Guest.Channel;
using MicroVm.Vmm.Guest.Logs;

namespace MicroVm.Vmm.Tests.Guest;

public class OutboxTests
{
    private readonly LogBuffer _logs = new();
    private readonly Outbox _outbox;

    public OutboxTests() => _outbox = new Outbox(_logs);

    [Fact]
    public void NextFrame_NothingHappened_SaysHelloOnce()
    {
        Assert.Equal([new GuestHello(GuestHello.CurrentProtocolVersion, InitVersion.Text, GuestState.AwaitingConfig)], Drain());
        Assert.Empty(Drain());
    }

    [Fact]
    public void NextFrame_WorkloadRuns_TellsStartThenLinesAsTheyCome()
    {
        Drain();
        _outbox.Started = new GuestStarted(42);
        _logs.Add(5, LogStream.Stdout, "a");
        Assert.Equal([new GuestStarted(42), new GuestLogLine(1, 5, LogStream.Stdout, "a")], Drain());
        _logs.Add(6, LogStream.Stderr, "b");
        Assert.Equal([new GuestLogLine(2, 6, LogStream.Stderr, "b")], Drain());
    }

    [Fact]
    public void NextFrame_WorkloadEnded_TellsExitBehindTheLastLine()
    {
        Drain();
        _outbox.Exited = new GuestExited(3, "");
        _logs.Add(5, LogStream.Stdout, "last");
        Assert.Equal([new GuestLogLine(1, 5, LogStream.Stdout, "last"), new GuestExited(3, "")], Drain());
    }

    [Fact]
    public void Begin_NewConnection_TellsStateUnacknowledgedLinesAndExitAgain()
    {
        Drain();
        _outbox.Started = new GuestStarted(42);
        _logs.Add(5, LogStream.Stdout, "kept");
        _logs.Add(6, LogStream.Stdout, "lost");
        Drain();
        _logs.Acknowledge(1);
        _outbox.Exited = new GuestExited(137, "");
        Drain();
        _outbox.Begin();
        Assert.Equal(
            [
                new GuestHello(GuestHello.CurrentProtocolVersion, InitVersion.Text, GuestState.Exited),
                new GuestStarted(42),
                new GuestLogLine(2, 6, LogStream.Stdout, "lost"),
                new GuestExited(137, ""),
            ],
            Drain());
    }

    [Fact]
    public void NextFrame_HealthAndMetrics_ComeBeforeLinesAndHealthAgainOnANewConnection()
    {
        GuestHealth health = new(true, false, "port 80: refused");
        GuestMetrics metrics = new(1, 2, 3, 4, 5, 6);
        Drain();
        _outbox.Health = health;
        _outbox.Metrics = metrics;
        Assert.Empty(Drain());
        _outbox.Started = new GuestStarted(42);
        _logs.Add(5, LogStream.Stdout, "a");
        Assert.Equal([_outbox.Started, health, metrics, new GuestLogLine(1, 5, LogStream.Stdout, "a")], Drain());
        _outbox.Health = health with { Ready = true };
        Assert.Equal([health with { Ready = true }], Drain());
        _logs.Acknowledge(1);
        _outbox.Begin();
        Assert.Equal([_outbox.Started, health with { Ready = true }], Drain().Skip(1));
    }

    [Fact]
    public void InitVersion_Text_IsTheVersionOfTheAssembly() =>
        Assert.Equal(InitVersion.Text, typeof(Outbox).Assembly.GetName().Version!.ToString(3));

    private List<GuestMessage> Drain()
    {
        List<GuestMessage> messages = [];
        while (_outbox.NextFrame() is { } frame)
        {
            messages.Add(GuestMessage.Decode(frame.AsMemory(GuestChannel.HeaderBytes)));
        }

        return messages;
    }
}
