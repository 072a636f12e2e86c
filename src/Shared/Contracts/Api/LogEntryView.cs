namespace MicroVm.Shared.Contracts.Api;

/// <summary>One log line.</summary>
/// <param name="Cursor">Rises with every line kept; <c>?after=</c> takes it.</param>
/// <param name="Device">Device id.</param>
/// <param name="Vm">VM name.</param>
/// <param name="Time">Guest's clock.</param>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Text">The line without its end.</param>
public sealed record LogEntryView(long Cursor, string Device, string Vm, DateTimeOffset Time, string Stream, string Text);
