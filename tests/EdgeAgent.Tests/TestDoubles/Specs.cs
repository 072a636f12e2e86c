using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>Specifications for tests.</summary>
internal static class Specs
{
    internal static VmSpec Vm(string name = "web", int revision = 1, RestartPolicy policy = RestartPolicy.Always, byte image = 1) => new()
    {
        Name = ResourceName.Parse(name),
        Deployment = ResourceName.Parse("shop"),
        Revision = revision,
        Image = Image([image]),
        Process = new ProcessSpec(["/bin/app"], new Dictionary<string, string> { ["A"] = "1" }, "/", ""),
        RestartPolicy = policy,
        GracePeriodSeconds = 10,
    };

    internal static ImageReference Image(byte[] content) => new(Digest.Of(content), (ulong)content.Length, "app:1");

    internal static DesiredState State(ulong generation, params VmSpec[] vms) => new(generation, vms, new AgentSettings(1));

    internal static DesiredEnvelope Envelope(DesiredState state) => DesiredEnvelope.Of(state.Generation, state.Encode());
}
