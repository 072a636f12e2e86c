using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Programs;
using MicroVm.EdgeAgent.Reporting;
using MicroVm.EdgeAgent.Update;
using MicroVm.EdgeAgent.Vms;

namespace MicroVm.EdgeAgent.Hosting;

/// <summary>Puts together what updates the agent itself.</summary>
internal static class UpdateWiring
{
    /// <summary>The service; its loop is not started.</summary>
    internal static UpdateService Make(
        AgentOptions options,
        DataDirectory directory,
        ReleaseStore releases,
        HostPrograms programs,
        ProcessWatcher watcher,
        DesiredIntake intake,
        PauseSwitch pause,
        UpdateSurroundings surroundings,
        EventLog events,
        TimeProvider time,
        ILogger logger) => new(
            options.Update,
            new SlotDirectory(directory.SlotsPath, surroundings.LauncherFault is null ? Launcher.Slot ?? AgentSlot.Base : AgentSlot.Base),
            releases,
            new ReleaseUnpacker(programs),
            new ReleaseCheck(watcher, options.RunDirectory, options.ConfigPath, time),
            intake,
            pause,
            surroundings,
            events,
            time,
            logger);
}
