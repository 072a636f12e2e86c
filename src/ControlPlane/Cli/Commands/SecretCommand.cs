using System.CommandLine;
using System.Net.Http.Headers;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm secret set|list|delete</c>. A value is never an argument: those are seen by every process of the machine.</summary>
internal static class SecretCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Command list = new("list", "Show secrets, without their values");
        list.SetAction(run(async (context, _, cancellation) =>
        {
            Write(context, (await context.Api.GetAsync(ApiPaths.Secrets, ApiJsonContext.Default.ListViewSecretView, cancellation)).Value);
            return ExitCode.Success;
        }));
        Argument<string> gone = NameArgument.Secret();
        Command delete = new("delete", "Forget a secret; what runs with it goes on") { gone };
        delete.SetAction(run(async (context, parsed, cancellation) =>
        {
            string name = parsed.GetValue(gone)!;
            await context.Api.DeleteAsync(ApiPaths.Secret(name), null, cancellation);
            await context.Terminal.Out.WriteLineAsync($"secret/{name} deleted");
            return ExitCode.Success;
        }));
        Command command = new("secret", "Work with secrets") { CreateSet(run), list, delete };
        command.Aliases.Add("secrets");
        return command;
    }

    private static Command CreateSet(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> name = NameArgument.Secret();
        Option<string> file = new("--from-file")
        {
            Description = "File with the value, every byte of it; - is standard input",
            HelpName = "FILE",
            DefaultValueFactory = static _ => "-",
        };
        Command set = new("set", "Give a secret a new value, from a file or standard input") { name, file };
        set.SetAction(run(async (context, parsed, cancellation) =>
        {
            byte[] value = Read(parsed.GetValue(file)!, context.Terminal.In);
            using ByteArrayContent content = new(value);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            SecretView secret = await context.Api.PutAsync(ApiPaths.Secret(parsed.GetValue(name)!), content, ApiJsonContext.Default.SecretView, cancellation);
            await context.Terminal.Out.WriteLineAsync(
                context.IsJson ? Json.Write(secret, Json.Indented.SecretView) : $"secret/{secret.Name} is version {secret.Version}, {secret.SizeBytes} bytes");
            return ExitCode.Success;
        }));
        return set;
    }

    private static byte[] Read(string path, Stream input)
    {
        try
        {
            using Stream source = path == "-" ? input : File.OpenRead(path);
            byte[] buffer = new byte[SealedSecret.MaxBytes + 1];
            int length = source.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length is > 0 and <= SealedSecret.MaxBytes
                ? buffer[..length]
                : throw new UsageException($"{path}: expected 1 to {SealedSecret.MaxBytes} bytes, found {(length == 0 ? "nothing" : "more")}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: expected a file that can be read, found: {e.Message}");
        }
    }

    private static void Write(CliContext context, ListView<SecretView> secrets)
    {
        if (context.IsJson)
        {
            context.Terminal.Out.WriteLine(Json.Write(secrets, Json.Indented.ListViewSecretView));
            return;
        }

        Table table = new(new("SECRET"), new("VERSION", true), new("BYTES", true), new("SET", true));
        foreach (SecretView secret in secrets.Items)
        {
            table.Add(secret.Name, secret.Version, secret.SizeBytes, Quantity.Age(secret.UpdatedAt, context.Time.GetUtcNow()) + " ago");
        }

        table.Write(context.Terminal, "No secrets.");
    }
}
