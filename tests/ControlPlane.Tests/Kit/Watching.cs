using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>Waits for a deployment by its event stream.</summary>
internal static class Watching
{
    internal static async Task<DeploymentView> WatchUntilAsync(
        this RunningControlPlane controlPlane, string name, Func<DeploymentView, bool> reached)
    {
        await using EventStream events = await EventStream.OpenAsync(controlPlane, ApiPaths.DeploymentWatch(name));
        while (await events.NextAsync(ApiJsonContext.Default.DeploymentView) is (string kind, _, DeploymentView view))
        {
            Assert.Equal("status", kind);
            if (reached(view))
            {
                return view;
            }
        }

        throw new InvalidOperationException($"the watch of {name} ended");
    }
}
