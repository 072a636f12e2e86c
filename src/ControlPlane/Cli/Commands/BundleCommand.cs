using System.CommandLine;
using MicroVm.ControlPlane.Cli.Bundles;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm bundle DEVICE... [-o FILE] [--no-agent]</c>: what devices should run, with the images and the agent, in one file to carry to them.</summary>
internal static class BundleCommand
{
    private const int BarWidth = 24;

    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string[]> devices = NameArgument.Devices();
        Option<string?> file = new("--out", "-o") { Description = "File to write; DEVICE.mvmb, or devices.mvmb for several, when not given", HelpName = "FILE" };
        Option<bool> noAgent = new("--no-agent")
        {
            Description = "Leave out the agent that a device should run and does not; an agent of before agents were in bundles takes no other",
        };
        Command command = new("bundle", "Write what devices should run, its images and the agent to a file, for 'microvm-agent apply' where there is no network") { devices, file, noAgent };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            string[] ids = [.. parsed.GetValue(devices)!.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            string path = parsed.GetValue(file) ?? (ids.Length == 1 ? $"{ids[0]}.mvmb" : "devices.mvmb");
            List<BundlePartView> parts = [];
            foreach (string id in ids)
            {
                using ByteArrayContent nothing = new([]);
                BundlePartView part = await context.Api.PostAsync(ApiPaths.Bundle(id), nothing, ApiJsonContext.Default.BundlePartView, cancellation);
                parts.Add(parsed.GetValue(noAgent) ? part with { Agent = null } : part);
            }

            BundleFile bundle = new(parts, context.Time.GetUtcNow(), content => context.Api.GetStreamAsync(content, cancellation));
            await WriteAsync(context, bundle, path, cancellation);
            await ReportAsync(context, bundle, path);
            return ExitCode.Success;
        }));
        return command;
    }

    private static async Task WriteAsync(CliContext context, BundleFile bundle, string path, CancellationToken cancellation)
    {
        bool isShown = context.Terminal.IsInteractive && !context.IsJson;
        try
        {
            await bundle.WriteAsync(path, Show, cancellation);
        }
        finally
        {
            if (isShown)
            {
                context.Terminal.Rewrite("");
            }
        }

        void Show(long done)
        {
            if (isShown)
            {
                context.Terminal.Rewrite(
                    $"{ProgressBar.Draw(done, bundle.Header.ContentBytes, BarWidth)} {Quantity.Bytes((ulong)done)} of {Quantity.Bytes((ulong)bundle.Header.ContentBytes)}");
            }
        }
    }

    private static async Task ReportAsync(CliContext context, BundleFile bundle, string path)
    {
        if (context.IsJson)
        {
            await context.Terminal.Out.WriteLineAsync(Json.Write(bundle.Parts.ToDictionary(static part => part.Device, static part => $"{part.Generation}"), Json.Indented.DictionaryStringString));
            return;
        }

        foreach (BundlePartView part in bundle.Parts)
        {
            string agent = part.Agent is BundleAgentView release ? $", agent {release.Version}" : "";
            string trust = part.Trust.Length > 0 ? ", with a newer trust bundle" : "";
            await context.Terminal.Out.WriteLineAsync(Terminal.Safe($"device/{part.Device} generation {part.Generation}, {part.Images.Count} images{agent}{trust}"));
        }

        await context.Terminal.Out.WriteLineAsync(Terminal.Safe(
            $"{path} written: {bundle.Header.Devices} devices, {bundle.Images} images, {(bundle.Agents > 0 ? $"{bundle.Agents} agents, " : "")}{Quantity.Bytes((ulong)bundle.SizeBytes)}"));
    }
}
