using System.Text;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>The first line that is written.</summary>
internal sealed class FirstLine : TextWriter
{
    private readonly TaskCompletionSource<string> _line = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Encoding Encoding => Encoding.UTF8;

    internal Task<string> Line => _line.Task;

    public override void WriteLine(string? value) => _line.TrySetResult(value ?? "");

    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }

    public override void Write(char value)
    {
    }
}
