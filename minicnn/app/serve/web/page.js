// A picture is dropped, pasted or chosen; the server answers, and the answer is shown.

const at = (id) => document.getElementById(id);
let turn = 0; // of the picture that was given last: an answer to an earlier one is not shown

async function offerModels() {
  const { models } = await (await fetch("models")).json();
  at("model").replaceChildren(...models.map(({ name }) => new Option(name, name)));
  at("choice").hidden = models.length < 2;
}

async function ask(file) {
  const mine = ++turn;
  show(file);
  say("…");
  at("answer").hidden = true;
  at("which").textContent = "";
  at("why").hidden = true;
  const start = performance.now();
  try {
    const response = await post(file, "predict");
    const told = await response.json();
    if (mine !== turn) return;
    if (!response.ok) return say(told.error, true);
    say("");
    answer(told, performance.now() - start);
    const drawn = await post(file, "grad-cam"); // a net without maps has none
    if (mine === turn && drawn.ok) explain(await drawn.blob());
  } catch (problem) {
    if (mine === turn) say(`The server does not answer: ${problem.message}`, true);
  }
}

function post(file, what) {
  const where = `models/${encodeURIComponent(at("model").value)}/${what}`;
  return fetch(where, { method: "POST", body: file, headers: { "Content-Type": "image/*" } });
}

function explain(drawn) {
  URL.revokeObjectURL(at("map").src);
  at("map").src = URL.createObjectURL(drawn);
  at("why").hidden = false;
}

function show(file) {
  const picture = at("picture");
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(file);
  picture.alt = file.name || "the pasted picture";
  picture.hidden = false;
  at("hint").hidden = true;
}

function say(sentence, wrong = false) {
  at("said").textContent = sentence;
  at("said").classList.toggle("wrong", wrong);
}

function answer({ model, version, answers: [{ class: best, labels, probabilities }] }, milliseconds) {
  const rows = Object.entries(probabilities).sort((a, b) => b[1] - a[1]).map(([name, p]) => row(name, p));
  at("answer").caption.textContent = labels ? labels.join(", ") || "none of the labels" : best;
  at("answer").tBodies[0].replaceChildren(...rows);
  at("answer").hidden = false;
  at("which").textContent = `${model}, version ${version}, ${Math.round(milliseconds)} ms`;
}

function row(name, p) {
  const line = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  const meter = document.createElement("meter");
  meter.value = p;
  meter.setAttribute("aria-hidden", "true"); // the number beside it says the same
  const bar = document.createElement("td");
  bar.className = "bar";
  bar.append(meter);
  const number = document.createElement("td");
  number.textContent = `${(100 * p).toFixed(1)}%`;
  line.dataset.probability = p;
  line.append(head, bar, number);
  return line;
}

function given(files) {
  const [file] = files;
  if (file) ask(file);
}

at("file").addEventListener("change", () => {
  given(at("file").files);
  at("file").value = ""; // so that the same file can be chosen again
});
document.addEventListener("paste", (event) => given(event.clipboardData.files));
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault(); // a picture beside the field is taken too, rather than opened
    at("drop").classList.toggle("over", name === "dragover");
    if (name === "drop") given(event.dataTransfer.files);
  });
}
offerModels().catch((problem) => say(`The server does not answer: ${problem.message}`, true));
