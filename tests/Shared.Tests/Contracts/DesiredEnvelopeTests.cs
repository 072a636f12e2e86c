using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Tests.Contracts;

public sealed class DesiredEnvelopeTests
{
    private static readonly DesiredState s_state = new(7, [], new AgentSettings(9));

    [Fact]
    public void Open_OfWhatWasWrapped_IsTheState() =>
        Assert.Equivalent(s_state, DesiredEnvelope.Decode(DesiredEnvelope.Of(7, s_state.Encode()).Encode()).Open(), strict: true);

    [Fact]
    public void Open_WithAnotherDigest_IsRefused() => Assert.Contains(
        "expected a document with digest",
        Assert.Throws<WireFormatException>(() => new DesiredEnvelope(7, Digest.Of("other"u8), s_state.Encode()).Open()).Message);

    [Fact]
    public void Open_WithAnotherGeneration_IsRefused() => Assert.Contains(
        "expected generation 8 inside, found 7",
        Assert.Throws<WireFormatException>(() => DesiredEnvelope.Of(8, s_state.Encode()).Open()).Message);

    [Fact]
    public void ContentDigest_OfAVm_ChangesWithEachField()
    {
        VmSpec vm = new()
        {
            Name = ResourceName.Parse("a"),
            Deployment = ResourceName.Parse("b"),
            Revision = 1,
            Image = new ImageReference(Digest.Of("i"u8), 1, "i:1"),
            Process = new ProcessSpec(["/a"], new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" }, "/", ""),
        };
        VmSpec[] others =
        [
            vm with { Name = ResourceName.Parse("c") },
            vm with { Deployment = ResourceName.Parse("c") },
            vm with { Revision = 2 },
            vm with { Image = vm.Image with { SizeBytes = 2 } },
            vm with { Process = vm.Process with { User = "1" } },
            vm with { VcpuCount = 2 },
            vm with { MemoryMib = 64 },
            vm with { RestartPolicy = RestartPolicy.Never },
            vm with { GracePeriodSeconds = 1 },
        ];
        VmSpec reordered = vm with { Process = vm.Process with { Environment = new Dictionary<string, string> { ["B"] = "2", ["A"] = "1" } } };

        Assert.Equal(vm.ContentDigest(), reordered.ContentDigest());
        Assert.Equal(others.Length, others.Select(static other => other.ContentDigest()).Append(vm.ContentDigest()).Distinct().Count() - 1);
    }
}
