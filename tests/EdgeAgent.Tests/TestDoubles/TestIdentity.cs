using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Identity;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>The identity that <see cref="TestOptions"/> puts on the disk.</summary>
internal static class TestIdentity
{
    internal static IdentityStore Open(AgentOptions options)
    {
        IdentityStore identity = new(new IdentityFiles(Path.Combine(options.DataDirectory, "identity")), options.DeviceId);
        identity.Open();
        return identity;
    }
}
