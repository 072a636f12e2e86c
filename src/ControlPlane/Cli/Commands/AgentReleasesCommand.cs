using System.CommandLine;
using System.Net.Http.Headers;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm agent releases</c> lists releases; <c>mvm agent releases push VERSION --arch ARCH=FILE</c> adds one.</summary>
internal static class AgentReleasesCommand
{
    private const int ShownDigestCharacters = 19;

    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Command command = new("releases", "List releases of the agent") { CreatePush(run) };
        command.SetAction(run(async (context, _, cancellation) =>
        {
            Write(context, (await context.Api.GetAsync(ApiPaths.AgentReleases, ApiJsonContext.Default.ListViewAgentReleaseView, cancellation)).Value);
            return ExitCode.Success;
        }));
        return command;
    }

    private static Command CreatePush(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> version = new("VERSION") { Description = "Version of the release, which is what the agent in it says of itself" };
        Option<string[]> files = new("--arch")
        {
            Description = "Artifact of an architecture, x86_64 or aarch64; may be repeated",
            HelpName = "ARCH=FILE",
            Required = true,
        };
        Command push = new("push", "Add a release of the agent") { version, files };
        push.SetAction(run(async (context, parsed, cancellation) =>
        {
            List<AgentReleaseView> pushed = [];
            foreach ((string architecture, string file) in parsed.GetValue(files)!.Select(Split).ToArray())
            {
                string path = $"{ApiPaths.AgentReleases}?version={Uri.EscapeDataString(parsed.GetValue(version)!)}&architecture={Uri.EscapeDataString(architecture)}";
                await using FileStream stream = Open(file);
                using StreamContent content = new(stream);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/gzip");
                pushed.Add(await context.Api.PostAsync(path, content, ApiJsonContext.Default.AgentReleaseView, cancellation));
            }

            Write(context, new ListView<AgentReleaseView>(pushed));
            return ExitCode.Success;
        }));
        return push;
    }

    private static (string Architecture, string File) Split(string text) => text.IndexOf('=', StringComparison.Ordinal) is > 0 and int at && at + 1 < text.Length
        ? (text[..at], text[(at + 1)..])
        : throw new UsageException($"--arch: expected ARCH=FILE, found '{text}'");

    private static FileStream Open(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: expected a file that can be read, found: {e.Message}");
        }
    }

    private static void Write(CliContext context, ListView<AgentReleaseView> releases)
    {
        if (context.IsJson)
        {
            context.Terminal.Out.WriteLine(Json.Write(releases, Json.Indented.ListViewAgentReleaseView));
            return;
        }

        Table table = new(new("VERSION"), new("ARCH"), new("DIGEST"), new("SIZE", true), new("UNPACKED", true), new("PUSHED", true));
        foreach (AgentReleaseView release in releases.Items)
        {
            table.Add(
                release.Version,
                release.Architecture,
                release.Digest.Length > ShownDigestCharacters ? release.Digest[..ShownDigestCharacters] : release.Digest,
                Quantity.Bytes(release.SizeBytes),
                Quantity.Bytes(release.UnpackedBytes),
                Quantity.Age(release.CreatedAt, context.Time.GetUtcNow()) + " ago");
        }

        table.Write(context.Terminal, "No releases.");
    }
}
