using System.Text;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms.Guest;
using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MicroVm.TestKit;

namespace MicroVm.EdgeAgent.Tests.Hosting;

/// <content>Desired states that are not taken: the reason is reported, and what runs is untouched.</content>
public sealed partial class AgentHostTests
{
    /// <summary>What is sent instead of a good document of generation 6, and how the refusal begins and goes on.</summary>
    public static TheoryData<string, string> BadDocuments { get; } = new()
    {
        { "unsigned", "desired state: signed message: expected COSE_Sign1" },
        { "signed by another fleet", "desired state: " },
        { "signed for another device", "desired state: " },
        { "older", "generation 4, because 5 is held" },
        { "same generation, other content", "generation 5 with other content than the held one" },
        { "1,000 VMs", "desired state: expected at most 256 VMs, found 1000" },
        { "name with ../", "desired state/2[0]/1: name: expected" },
        { "ten megabytes", "message: expected at most 1052672 bytes, found one of 10" },
        { "nothing", "desired state: signed message" },
        { "envelope without a document", "desired" },
    };

    [Theory]
    [MemberData(nameof(BadDocuments))]
    public async Task Run_BadDesiredState_IsRefusedWithAReasonAndTheRunningVmIsUntouched(string kind, string reason)
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        using FakeInit init = await DeployAsync(5, Specs.Vm());
        VmStatus before = await TakeStatusAsync("running", static status => status.Phase == VmPhase.Running);

        await _gateway.SendUnsignedAsync(_options.DeviceId, DownlinkKind.Desired, BadDocument(kind));

        ReportedState refused = await _gateway.TakeAsync(
            UplinkKind.Reported, "refusal", payload => ReportedState.Decode(payload), static report => report.Refusal.Length > 0);
        Assert.StartsWith(reason, refused.Refusal, StringComparison.Ordinal);
        Assert.Equal(5UL, refused.ObservedGeneration);
        VmStatus after = Assert.Single(refused.Vms);
        Assert.Equal((before.VmmPid, VmPhase.Running, 1), (after.VmmPid, after.Phase, after.Revision));

        // The next good one is taken, over another connection when the bad one ended the first.
        await _gateway.WaitForSessionAsync(_options.DeviceId);
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(7, Specs.Vm())).Encode());
        ReportedState taken = await _gateway.TakeAsync(
            UplinkKind.Reported, "refusal is over", payload => ReportedState.Decode(payload), static report => report is { Refusal: "", ObservedGeneration: 7 });
        Assert.Equal(before.VmmPid, Assert.Single(taken.Vms).VmmPid);
    }

    private byte[] BadDocument(string kind)
    {
        byte[] good = Specs.Envelope(Specs.State(6, Specs.Vm("other"))).Encode();
        switch (kind)
        {
            case "unsigned":
                return good;
            case "signed by another fleet":
                using (TestFleet other = new())
                {
                    return other.SignDesired(_options.DeviceId, good);
                }

            case "signed for another device":
                return TestFleet.Shared.SignDesired(DeviceId.Parse("dev-2"), good);
            case "older":
                return Sign(Specs.Envelope(Specs.State(4, Specs.Vm("other"))).Encode());
            case "same generation, other content":
                return Sign(Specs.Envelope(Specs.State(5, Specs.Vm("other"))).Encode());
            case "1,000 VMs":
                return Sign(Specs.Envelope(Specs.State(6, [.. Enumerable.Range(0, 1000).Select(static i => Specs.Vm($"vm-{i}"))])).Encode());
            case "name with ../":
                byte[] document = Specs.State(6, Specs.Vm("aaaaaaaaaaaa")).Encode();
                Replace(document, "aaaaaaaaaaaa", "../../../etc");
                return Sign(DesiredEnvelope.Of(6, document).Encode());
            case "ten megabytes":
                return new byte[10 << 20];
            case "nothing":
                return [];
            default:
                return Sign(WireWriter.Encode(static writer => writer.WriteMap(static map => map.Field(0, 1))));
        }
    }

    private byte[] Sign(byte[] envelope) => TestFleet.Shared.SignDesired(_options.DeviceId, envelope);

    private static void Replace(byte[] bytes, string text, string by)
    {
        int at = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text));
        Assert.True(at > 0);
        Encoding.ASCII.GetBytes(by).CopyTo(bytes.AsSpan(at));
    }
}
