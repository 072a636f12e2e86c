using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Workload;

/// <summary>
/// The process between init and the workload: this program once more, started with posix_spawn so that no managed process
/// forks, which takes on the workload's identity and then becomes the workload. The plan comes in its arguments, because
/// environment variables of the workload must not configure this runtime. Descriptor <see cref="StatusFd"/> closes when the
/// workload runs; before that it says why it does not.
/// </summary>
internal static unsafe class ExecStage
{
    /// <summary>First argument of such a process.</summary>
    internal const string Marker = "--exec-stage";

    /// <summary>Writing end of the status pipe.</summary>
    internal const int StatusFd = 3;

    private const int FixedArguments = 9;
    private const string WithTerminal = "terminal";
    private const int SetDescriptorFlags = 2;
    private const int SetMask = 2;
    private const int LastSignal = 64;

    /// <summary>PR_CAPBSET_DROP.</summary>
    internal const int DropFromBoundingSet = 24;

    /// <summary>The arguments that <see cref="Run"/> takes apart again.</summary>
    internal static List<string> ArgumentsFor(WorkloadPlan plan) =>
    [
        "microvm-init",
        Marker,
        plan.Identity.Uid.ToString(CultureInfo.InvariantCulture),
        plan.Identity.Gid.ToString(CultureInfo.InvariantCulture),
        string.Join(',', plan.Identity.SupplementaryGroups),
        plan.WorkingDirectory,
        plan.HasTerminal ? WithTerminal : "",
        plan.Capabilities.ToString(CultureInfo.InvariantCulture),
        string.Join(',', plan.Limits.Select(static limit => string.Create(CultureInfo.InvariantCulture, $"{limit.Resource}:{limit.Soft}:{limit.Hard}"))),
        plan.Environment.Count.ToString(CultureInfo.InvariantCulture),
        .. plan.Environment,
        .. plan.Arguments,
    ];

    /// <summary>What <see cref="ArgumentsFor"/> was given; <paramref name="arguments"/> begin with the marker.</summary>
    internal static WorkloadPlan Parse(ReadOnlySpan<string> arguments)
    {
        uint[] groups = arguments[3].Length == 0 ? [] : [.. arguments[3].Split(',').Select(uint.Parse)];
        ProcessIdentity identity = new(uint.Parse(arguments[1]), uint.Parse(arguments[2]), groups, "");
        int environmentEnd = FixedArguments + int.Parse(arguments[8]);
        return new WorkloadPlan(
            arguments[environmentEnd..].ToArray(), arguments[FixedArguments..environmentEnd].ToArray(), arguments[4], identity)
        {
            HasTerminal = arguments[5] == WithTerminal,
            Capabilities = ulong.Parse(arguments[6]),
            Limits = arguments[7].Length == 0 ? [] : [.. arguments[7].Split(',').Select(ParseLimit)],
        };
    }

    private static ProcessLimit ParseLimit(string text)
    {
        string[] parts = text.Split(':');
        return new ProcessLimit(int.Parse(parts[0]), ulong.Parse(parts[1]), ulong.Parse(parts[2]));
    }

    /// <summary>Becomes the workload; returns only when that failed, which the status pipe has then been told.</summary>
    internal static int Run(ReadOnlySpan<string> arguments)
    {
        try
        {
            _ = Libc.fcntl(StatusFd, SetDescriptorFlags, 1);
            Become(Parse(arguments));
        }
        catch (WorkloadException e)
        {
            return Report(e.ExitCode, e.Message);
        }
        catch (OsFaultException e)
        {
            return Report(WorkloadException.NotStarted, e.Message);
        }

        return WorkloadException.NotStarted;
    }

    private static int Report(int exitCode, string message)
    {
        Fd.WriteOnce(StatusFd, [(byte)exitCode, .. Encoding.UTF8.GetBytes(message)]);
        return exitCode;
    }

    private static void Become(WorkloadPlan plan)
    {
        OsFaultException.Check(Libc.setsid(), "setsid", "workload");
        if (plan.HasTerminal)
        {
            // SAFETY: the argument is a number, 0: only a terminal that no session has.
            OsFaultException.Check(Libc.ioctl(0, TerminalRequests.SetControlling, null), "ioctl", "terminal");
        }

        foreach (ProcessLimit limit in plan.Limits)
        {
            limit.Set();
        }

        DropCapabilities(plan.Capabilities);
        uint[] groups = [.. plan.Identity.SupplementaryGroups];
        // SAFETY: the kernel reads groups.Length ids of the pinned array; its address is not used when it is empty.
        fixed (uint* ids = groups)
        {
            OsFaultException.Check(Libc.setgroups((nuint)groups.Length, ids), "setgroups", "workload");
        }

        OsFaultException.Check(Libc.setgid(plan.Identity.Gid), "setgid", $"{plan.Identity.Gid}");
        OsFaultException.Check(Libc.setuid(plan.Identity.Uid), "setuid", $"{plan.Identity.Uid}");
        OsFaultException.Check(Libc.chdir(plan.WorkingDirectory), "chdir", plan.WorkingDirectory);
        ResetSignals();
        Execute(plan);
    }

    /// <summary>
    /// Takes capabilities out of the bounding set. execve then gives root what is left of it, permitted and effective, and others none;
    /// nothing is inheritable, as container engines have it.
    /// </summary>
    private static void DropCapabilities(ulong kept)
    {
        for (int i = 0; i < CapabilitySet.Count; i++)
        {
            if ((kept & (1UL << i)) == 0)
            {
                // Refused for what this kernel does not know, which nobody can have then.
                _ = Libc.prctl(DropFromBoundingSet, (nuint)i, 0, 0, 0);
            }
        }
    }

    /// <summary>The runtime ignores SIGPIPE and init blocks what it reads from a descriptor; both would outlive execve.</summary>
    private static void ResetSignals()
    {
        for (int signal = 1; signal <= LastSignal; signal++)
        {
            _ = Libc.signal(signal, 0);
        }

        SignalSet none = default;
        // SAFETY: the C library copies the set during the call.
        _ = Libc.sigprocmask(SetMask, &none, null);
    }

    private static void Execute(WorkloadPlan plan)
    {
        using NativeStrings arguments = new(plan.Arguments);
        using NativeStrings environment = new(plan.Environment);
        string program = plan.Arguments[0];
        WorkloadException failure = new(WorkloadException.NotFound, NotFound(plan));
        foreach (string candidate in ExecutableSearch.Candidates(program, plan.Environment))
        {
            _ = Libc.execve(candidate, arguments.Pointer, environment.Pointer);
            int errno = Marshal.GetLastPInvokeError();
            if (errno is Errno.NoEntry or Errno.NotDirectory)
            {
                continue;
            }

            failure = new WorkloadException(WorkloadException.NotStarted, new OsFaultException("execve", candidate, errno).Message);
            if (errno != Errno.Access)
            {
                break;
            }
        }

        throw failure;
    }

    private static string NotFound(WorkloadPlan plan)
    {
        string program = plan.Arguments[0];
        return program.Contains('/')
            ? $"program '{program}': expected a file of the image whose interpreter is there too, found none"
            : $"program '{program}': expected it in {plan.Environment.Last(entry => entry.StartsWith("PATH=", StringComparison.Ordinal))}, found none";
    }
}
