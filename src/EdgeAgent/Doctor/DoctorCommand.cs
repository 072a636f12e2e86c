using System.Text.Json;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Local;
using MicroVm.EdgeAgent.Observed;

namespace MicroVm.EdgeAgent.Doctor;

/// <summary><c>microvm-agent doctor</c>: looks at the host, and at the agent when one runs there, and changes nothing.</summary>
internal static class DoctorCommand
{
    /// <summary>Longest wait for the agent: one that hangs is a finding, too.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Prints the checks; true when none failed.</summary>
    /// <exception cref="ConfigurationException">The configuration was named or is there, and cannot be used.</exception>
    internal static async Task<bool> RunAsync(CommandLine line, TextWriter output, string agentVersion)
    {
        // A host without a configuration is looked at as well: that is what one does before installing an agent.
        bool isInstalled = line.IsConfigNamed || File.Exists(line.ConfigPath);
        AgentOptions options = isInstalled ? AgentOptionsReader.ReadFile(line.ConfigPath) : AgentOptionsReader.Defaults();
        HostFacts facts = new HostProbe(new ProcFileSystem(), options, TimeProvider.System).Look();
        string socket = Path.Combine(options.RunDirectory, LocalServer.SocketName);
        IReadOnlyList<CheckResult> results = [.. HostChecks.Judge(facts), .. isInstalled || File.Exists(socket) ? await AskAsync(socket) : []];
        output.Write(line.Json ? DoctorReport.ToJson(results, agentVersion, facts.Architecture) + "\n" : DoctorReport.ToText(results));
        return HostChecks.Worst(results) != CheckStatus.Fail;
    }

    /// <summary>What the agent at a socket says of itself, judged.</summary>
    internal static async Task<IReadOnlyList<CheckResult>> AskAsync(string socket)
    {
        List<JsonElement> status = [], vms = [];
        using CancellationTokenSource patience = new(s_patience);
        try
        {
            await LocalClient.AskAsync(socket, new LocalRequest(LocalVerb.Status), answer => status.Add(Parse(answer)), patience.Token);
            await LocalClient.AskAsync(socket, new LocalRequest(LocalVerb.Vms), answer => vms.Add(Parse(answer)), patience.Token);
            return AgentChecks.Judge(status.Single(), vms);
        }
        catch (Exception e) when (e is LocalFaultException or OperationCanceledException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [AgentChecks.Absent(e is OperationCanceledException ? $"no answer within {s_patience.TotalSeconds:0} s" : e.Message)];
        }
    }

    private static JsonElement Parse(string answer)
    {
        using JsonDocument document = JsonDocument.Parse(answer);
        return document.RootElement.Clone();
    }
}
