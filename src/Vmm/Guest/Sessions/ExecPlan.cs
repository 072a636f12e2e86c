using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Sessions;

/// <summary>What a program beside the workload runs as: as the workload, unless it is said otherwise.</summary>
internal static class ExecPlan
{
    private const string TerminalVariable = "TERM";
    private const string DefaultTerminal = "xterm";

    /// <summary>The plan of a session's program.</summary>
    /// <exception cref="WorkloadException">It cannot be run.</exception>
    internal static WorkloadPlan From(GuestConfig workload, SessionOpen open, AccountFiles accounts)
    {
        if (open.Command.Count == 0)
        {
            throw new WorkloadException(WorkloadException.NotStarted, "program: expected a name, found ''");
        }

        Dictionary<string, string> environment = new(workload.Process.Environment);
        foreach ((string name, string value) in open.Environment)
        {
            environment[name] = value;
        }

        if (open.Terminal)
        {
            environment.TryAdd(TerminalVariable, DefaultTerminal);
        }

        ProcessSpec process = workload.Process with
        {
            Arguments = open.Command,
            Environment = environment,
            User = open.User.Length > 0 ? open.User : workload.Process.User,
            WorkingDirectory = open.WorkingDirectory.Length > 0 ? open.WorkingDirectory : workload.Process.WorkingDirectory,
        };
        return WorkloadPlan.From(workload with { Process = process }, accounts) with { HasTerminal = open.Terminal };
    }
}
