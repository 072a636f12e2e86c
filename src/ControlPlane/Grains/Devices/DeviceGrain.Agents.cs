using MicroVm.ControlPlane.Abstractions.Agents;
using MicroVm.ControlPlane.Grains.Agents;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <content>The agent that the device is to run.</content>
internal sealed partial class DeviceGrain
{
    private AgentStanding AgentStanding => AgentDecisions.Stand(Device, _link is not null, _hello, desired.State.Agent, _report);

    public async Task<AgentStanding> SetAgentAsync(AgentOrder? order)
    {
        await ChangeAsync(desired.State with { Agent = order });
        return AgentStanding;
    }

    public Task<AgentStanding> GetAgentAsync() => Task.FromResult(AgentStanding);
}
