using MicroVm.EdgeAgent.Reporting;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Reporting;

public sealed class EventLogTests
{
    private static readonly ResourceName s_vm = ResourceName.Parse("web");

    private readonly FakeTimeProvider _time = new();
    private readonly List<DeviceEvent> _said = [];
    private readonly EventLog _log;

    public EventLogTests() => _log = new EventLog(_said.Add, _time);

    [Fact]
    public void Add_SameKindSoonAgain_IsCountedInTheNext()
    {
        _log.Add(s_vm, true, "NotReady", "first");
        _log.Add(s_vm, true, "NotReady", "second");
        _log.Add(s_vm, true, "NotReady", "third");
        _time.Advance(EventLog.Quiet);
        _log.Add(s_vm, true, "NotReady", "fourth");

        Assert.Equal(["first", "fourth (and 2 like it before)"], _said.Select(one => one.Message));
    }

    [Fact]
    public void Add_OtherKindOrOtherVm_IsSaidAtOnce()
    {
        _log.Add(s_vm, true, "NotReady", "");
        _log.Add(s_vm, false, "Ready", "");
        _log.Add(null, true, "NotReady", "");

        Assert.Equal(3, _said.Count);
    }

    [Fact]
    public void Add_MessageIsTooLong_IsCut()
    {
        _log.Add(s_vm, true, "Refused", new string('x', 5000));

        Assert.Equal(DeviceEvent.MaxMessageCharacters, _said.Single().Message.Length);
    }

    [Fact]
    public void Add_MessageIsCutWithinACharacter_CanStillBeSent()
    {
        _log.Add(s_vm, true, "Refused", new string('x', DeviceEvent.MaxMessageCharacters - 1) + "😀");

        TelemetryBatch batch = new() { Header = new UplinkHeader(Guid.NewGuid(), 1, 1), Events = _said };
        Assert.Equal(new string('x', DeviceEvent.MaxMessageCharacters - 1), TelemetryBatch.Decode(batch.Encode()).Events.Single().Message);
    }
}
