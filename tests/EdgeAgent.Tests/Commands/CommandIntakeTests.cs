using MicroVm.EdgeAgent.Commands;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Topics;
using MicroVm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.Commands;

public sealed class CommandIntakeTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeUplink _uplink = new();
    private readonly List<string> _order = [];
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly AgentOptions _options;
    private readonly IdentityStore _identity;
    private readonly CommandIntake _intake;
    private readonly Task _running;
    private string _refusal = "";

    public CommandIntakeTests()
    {
        _options = TestOptions.In(_directory);
        _identity = TestIdentity.Open(_options);
        _intake = new CommandIntake(
            _identity, _uplink, new UplinkSequence(Guid.NewGuid(), TimeProvider.System), new Refusals(), new AgentCounters(), NullLogger.Instance)
        {
            Decommission = () =>
            {
                _order.Add("kept");
                return _refusal;
            },
        };
        _intake.Decommissioned += () =>
        {
            _order.Add("left");
            _left.SetResult();
        };
        _uplink.Refuses = _ =>
        {
            _order.Add("replied");
            return false;
        };
        _running = _intake.RunAsync(_stop.Token);
    }

    [Fact]
    public async Task Decommission_IsKeptBeforeTheReplyAndDoneAfterIt()
    {
        Offer();

        Assert.Equal("", CommandReply.Decode(await _uplink.TakeAsync(UplinkKind.Reply)).Refusal);
        await Phase.Of("left", _left.Task);
        Assert.Equal(["kept", "replied", "left"], _order);
    }

    [Fact]
    public async Task Decommission_CannotBeKept_IsRefusedAndTakenTheNextTime()
    {
        _refusal = "disk full";
        Offer();
        Assert.Equal("disk full", CommandReply.Decode(await _uplink.TakeAsync(UplinkKind.Reply)).Refusal);

        _refusal = "";
        Offer();
        Assert.Equal("", CommandReply.Decode(await _uplink.TakeAsync(UplinkKind.Reply)).Refusal);
        await Phase.Of("left", _left.Task);
        Assert.Equal(["kept", "replied", "kept", "replied", "left"], _order);
    }

    [Fact]
    public async Task Decommission_ReplyIsLost_IsDoneAllTheSame()
    {
        _uplink.Up = false;
        Offer();

        await Phase.Of("left", _left.Task);
        Assert.Equal(["kept", "left"], _order);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _directory.Dispose();
    }

    private void Offer() => _intake.Offer(TestFleet.Shared.SignCommand(
        DeviceCommand.Audience(_options.DeviceId, _identity.Current!.KeyDigest), new DeviceCommand(Guid.NewGuid(), CommandKind.Decommission, []).Encode()));
}
