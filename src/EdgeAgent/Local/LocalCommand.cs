using MicroVm.EdgeAgent.Configuration;

namespace MicroVm.EdgeAgent.Local;

/// <summary><c>microvm-agent status|vms|logs|pause|resume</c>: asks the agent that runs on this device, and prints what it says.</summary>
internal static class LocalCommand
{
    /// <summary>Runs until the answer ends.</summary>
    /// <exception cref="LocalFaultException">No agent answers, or it refuses.</exception>
    /// <exception cref="ConfigurationException">The configuration cannot be used.</exception>
    internal static async Task RunAsync(CommandLine line, TextWriter output, CancellationToken cancellation)
    {
        LocalRequest request = line.Request!;
        AgentOptions options = AgentOptionsReader.ReadFile(line.ConfigPath);
        if (request.Verb == LocalVerb.Vms && !line.Json)
        {
            output.WriteLine(LocalText.VmHead);
        }

        await LocalClient.AskAsync(
            Path.Combine(options.RunDirectory, LocalServer.SocketName),
            request,
            answer =>
            {
                output.WriteLine(line.Json ? answer : LocalText.Of(request.Verb, answer));
                output.Flush();
            },
            cancellation);
    }
}
