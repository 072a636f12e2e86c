using System.Net.Sockets;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Logs;
using MicroVm.EdgeAgent.Sessions;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Sessions;
using MicroVm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.Sessions;

/// <summary>The device's side of sessions against a guest's init and an operator that the tests play.</summary>
public sealed class SessionAnswererTests : IDisposable
{
    private static readonly ResourceName s_vm = ResourceName.Parse("web");
    private static readonly SessionOpen s_exec = new() { Kind = SessionKind.Exec, Command = ["id"], Terminal = true, Rows = 5, Columns = 7 };

    private readonly TempDirectory _directory = new();
    private readonly FakeSessionGuest _guest;
    private readonly TaskCompletionSource _stopped = new();
    private readonly CancellationTokenSource _agent = new();
    private string _refusal = "";

    public SessionAnswererTests() => _guest = new FakeSessionGuest(_directory["vsock"]);

    [Fact]
    public async Task Exec_IsTheGuestsToAnswer_AndItsExitCodeArrives()
    {
        (StreamChannel asking, Task answered) = await BeginAsync(s_exec);
        (SessionChannel init, SessionOpen open) = await Phase.Of("guest's session", _guest.TakeAsync());

        await init.SayAsync(SessionFrameKind.Opened);
        await asking.HearAsync(SessionFrameKind.Opened);
        await asking.SayAsync(SessionFrameKind.Input, "typed");
        Assert.Equal("typed", await init.HearAsync(SessionFrameKind.Input));
        await init.SayAsync(SessionFrameKind.Output, "shown");
        Assert.Equal("shown", await asking.HearAsync(SessionFrameKind.Output));
        await init.SendAsync(SessionFrameKind.Closed, new SessionClosed(137).Encode(), default);

        Assert.Equal(new SessionClosed(137), await asking.EndAsync());
        await asking.DisposeAsync();
        await Phase.Of("end of the session", answered);
        Assert.True((await init.ReceiveAsync(default)).IsEmpty);
        Assert.Equal((true, 5, 7, "id"), (open.Terminal, open.Rows, open.Columns, open.Command.Single()));
    }

    [Fact]
    public async Task Forward_EndsOfBothDirectionsPass()
    {
        (StreamChannel asking, _) = await BeginAsync(new SessionOpen { Kind = SessionKind.Forward, Port = 80 });
        (SessionChannel init, SessionOpen open) = await Phase.Of("guest's session", _guest.TakeAsync());
        byte[] large = new byte[SessionFrame.MaxContentBytes];
        Random.Shared.NextBytes(large);

        await asking.SendAsync(SessionFrameKind.Input, large, default);
        Assert.Equal(large, (await init.NextAsync()).Content.ToArray());
        await asking.SayAsync(SessionFrameKind.InputEnd);
        await init.HearAsync(SessionFrameKind.InputEnd);
        await init.SendAsync(SessionFrameKind.Output, large, default);
        Assert.Equal(large, (await asking.NextAsync()).Content.ToArray());
        await init.SayAsync(SessionFrameKind.OutputEnd);
        await asking.HearAsync(SessionFrameKind.OutputEnd);
        await init.SendAsync(SessionFrameKind.Closed, new SessionClosed(0).Encode(), default);

        Assert.Equal(new SessionClosed(0), await asking.EndAsync());
        Assert.Equal(80, open.Port);
    }

    [Fact]
    public async Task Vm_ThatDoesNotRun_IsSaidInWords()
    {
        _refusal = "VM 'web' does not run: it is BackOff";

        (StreamChannel asking, _) = await BeginAsync(s_exec);

        Assert.Equal(_refusal, (await asking.EndAsync()).Fault);
    }

    [Theory]
    [InlineData("", "VM 'web' runs, but its init does not take sessions; it may be too old, or still starting")]
    [InlineData("NO\n", "VM 'web' runs, but its VMM gave another answer than OK")]
    [InlineData("OK 0123456789012345678901234567890123456789", "VM 'web' runs, but its VMM gave another answer than OK")]
    public async Task Guest_DoesNotTakeTheConnection_IsSaidInWords(string answer, string reason)
    {
        (StreamChannel asking, _) = await BeginAsync(s_exec);
        using Socket socket = await Phase.Of("connection", _guest.AcceptAsync(answer));

        Assert.Equal(reason, (await asking.EndAsync()).Fault);
    }

    [Fact]
    public async Task Guest_ThatLies_EndsTheSessionAndNothingElse()
    {
        byte[][] lies =
        [
            [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF, 1], [0, 1, 0, 2, 7], [0, 0, 0, 1, 0], [0, 0, 0, 1, 99],
            [0, 0, 0, 2, (byte)SessionFrameKind.Input, 1], [0, 0, 0, 2, (byte)SessionFrameKind.Opened, 1],
            [0, 0, 0, 2, (byte)SessionFrameKind.Closed, 0xFF], [0, 0, 0, 9, (byte)SessionFrameKind.Output],
        ];
        foreach (byte[] lie in lies)
        {
            (StreamChannel asking, Task answered) = await BeginAsync(s_exec);
            Socket socket = await Phase.Of("connection", _guest.AcceptAsync());
            await socket.SendAsync(lie);
            socket.Shutdown(SocketShutdown.Send);

            string fault = (await asking.EndAsync()).Fault;
            Assert.StartsWith("VM 'web'", fault, StringComparison.Ordinal);
            await asking.DisposeAsync();
            socket.Dispose();
            await Phase.Of("end of the session", answered);
        }
    }

    [Fact]
    public async Task Vm_Stops_TheSessionEndsWithTheReason()
    {
        (StreamChannel asking, _) = await BeginAsync(s_exec);
        (SessionChannel init, _) = await Phase.Of("guest's session", _guest.TakeAsync());

        _stopped.SetResult();

        Assert.Equal("VM 'web' stopped", (await asking.EndAsync()).Fault);
        Assert.True((await init.ReceiveAsync(default)).IsEmpty);
    }

    [Fact]
    public async Task Agent_Stops_TheSessionEndsWithTheReason()
    {
        (StreamChannel asking, Task answered) = await BeginAsync(s_exec);
        await Phase.Of("guest's session", _guest.TakeAsync());

        await _agent.CancelAsync();

        Assert.Equal("the agent is stopping", (await asking.EndAsync()).Fault);
        await asking.DisposeAsync();
        await Phase.Of("end of the session", answered);
    }

    [Fact]
    public async Task Operator_IsGone_TheGuestsConnectionEnds()
    {
        (StreamChannel asking, Task answered) = await BeginAsync(s_exec);
        (SessionChannel init, _) = await Phase.Of("guest's session", _guest.TakeAsync());

        await asking.DisposeAsync();

        Assert.True((await Phase.Of("end at the guest", init.ReceiveAsync(default).AsTask())).IsEmpty);
        await Phase.Of("end of the session", answered);
    }

    [Fact]
    public async Task Opening_ThatIsNone_IsRefused()
    {
        (StreamChannel asking, StreamChannel agent) = await SessionPair.MakeAsync(_directory);
        Task answered = Answer(agent);
        await asking.SayAsync(SessionFrameKind.Input, "too early");

        Assert.Equal("session: expected Open first, found Input", (await asking.EndAsync()).Fault);
        await asking.DisposeAsync();
        await Phase.Of("end of the session", answered);
    }

    [Fact]
    public void Slots_AreBoundedForTheDeviceAndEachVm()
    {
        SessionSlots slots = new();
        ResourceName other = ResourceName.Parse("db");
        List<IDisposable> taken = [.. Enumerable.Range(0, SessionSlots.MostOfVm).Select(_ => slots.TryTake(s_vm, out string _)!)];

        Assert.Null(slots.TryTake(s_vm, out string refusal));
        Assert.Equal("8 sessions with VM 'web' are open, which is as many as may be; close one and try again", refusal);
        taken.AddRange(Enumerable.Range(0, SessionSlots.Most - SessionSlots.MostOfVm).Select(_ => slots.TryTake(other, out string _)!));
        Assert.Null(slots.TryTake(ResourceName.Parse("third"), out refusal));
        Assert.StartsWith("16 sessions are open on the device", refusal, StringComparison.Ordinal);
        taken.ForEach(static slot => slot.Dispose());
        taken[0].Dispose();
        Assert.Equal(0, slots.Count);
        Assert.NotNull(slots.TryTake(s_vm, out _));
    }

    public void Dispose()
    {
        _guest.Dispose();
        _agent.Dispose();
        _directory.Dispose();
    }

    private async Task<(StreamChannel Asking, Task Answered)> BeginAsync(SessionOpen open)
    {
        (StreamChannel asking, StreamChannel agent) = await SessionPair.MakeAsync(_directory);
        Task answered = Answer(agent);
        await asking.SendAsync(SessionFrameKind.Open, open.Encode(), default);
        return (asking, answered);
    }

    private async Task Answer(StreamChannel agent)
    {
        await using (agent)
        {
            using LogStore logs = new(_directory["logs"], LogLimits.Default, new AgentCounters(), TimeProvider.System, NullLogger.Instance);
            LogAnswerer answers = new(logs, _ => false, TimeProvider.System);
            SessionAnswerer answerer = new(_ => new SessionVm(_refusal, _guest.Path, _stopped.Task), answers, TimeProvider.System, NullLogger.Instance);
            await answerer.AnswerAsync(agent, s_vm, _agent.Token);
        }
    }
}
