using System.Text;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;

namespace MicroVm.ControlPlane.Tests.Cli;

/// <summary>One run of <c>mvm</c> inside the test's process.</summary>
/// <param name="Code">Exit code.</param>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record CliRun(int Code, string Out, string Error)
{
    public string[] OutLines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static Task<CliRun> OfAsync(string server, params string[] arguments) => OfAsync(server, "", false, CancellationToken.None, arguments);

    public static Task<CliRun> OnTerminalAsync(string server, params string[] arguments) =>
        OfAsync(server, "", true, CancellationToken.None, arguments);

    public static Task<CliRun> WithInputAsync(string server, string input, params string[] arguments) =>
        OfAsync(server, input, false, CancellationToken.None, arguments);

    public static Task<CliRun> InTimeAsync(string server, TimeProvider time, params string[] arguments) =>
        OfAsync(server, "", false, time, arguments, CancellationToken.None);

    public static Task<CliRun> OfAsync(string server, string input, bool terminal, CancellationToken interrupt, params string[] arguments) =>
        OfAsync(server, input, terminal, TimeProvider.System, arguments, interrupt);

    private static async Task<CliRun> OfAsync(
        string server, string input, bool terminal, TimeProvider time, string[] arguments, CancellationToken interrupt)
    {
        using StringWriter output = new(), error = new();
        Terminal streams = new(new MemoryStream(Encoding.UTF8.GetBytes(input)), TextWriter.Synchronized(output), TextWriter.Synchronized(error))
        {
            IsInteractive = terminal,
            IsColoured = terminal,
            Width = 100,
        };
        CliApplication application = new(streams, name => name == "MVM_SERVER" ? server : null, time);
        int code = await application.RunAsync(arguments, interrupt);
        return new CliRun(code, output.ToString(), error.ToString());
    }
}
